-- Grain: one row per span that shares no id with any other, outermost first (columns of span_row):
-- those without a request id, and those that span_apart took back.
SELECT * EXCLUDE (trace_key)
FROM span_row
WHERE trace_id = '' AND correlation_id IS NULL
UNION ALL
SELECT *
FROM span_apart
ORDER BY start_ns NULLS FIRST, duration_ns DESC, place DESC;
