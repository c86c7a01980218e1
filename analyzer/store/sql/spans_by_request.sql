-- Grain: one row per span with a request id that belongs to no trace, not even by that id (columns
-- of span_row), whole requests together. With spans_by_trace and spans_loose every span stands once.
-- Of $parts parts (whole requests) the one numbered $part.
SELECT * EXCLUDE (trace_key)
FROM span_row
WHERE
    trace_id = ''
    AND correlation_id IS NOT NULL
    AND abs(CAST(hash(correlation_id) % $parts AS BIGINT)) = $part
ORDER BY correlation_id, place;
