-- Grain: one row per span with a request id that belongs to no trace, not even by that id, whole
-- requests together; columns as in analyzer.model.span.Span. With spans_by_trace and spans_loose
-- every span stands once. Of $parts parts (whole requests) the one numbered $part.
WITH request AS (
    SELECT
        correlation_id,
        min(start_ns) - 3600000000000 AS earliest_ns,
        max(start_ns) + 3600000000000 AS latest_ns
    FROM span
    WHERE trace_id IS NOT NULL AND correlation_id IS NOT NULL
    GROUP BY correlation_id
    HAVING count(DISTINCT trace_id) = 1
),

origin AS (
    SELECT
        file_id,
        width,
        CAST(sum(size) OVER (ORDER BY file_id) AS BIGINT) - size AS base
    FROM (
        SELECT
            file_id,
            max(span_index) + 1 AS width,
            (max(line_number) + 1) * (max(span_index) + 1) AS size
        FROM span
        GROUP BY file_id
    ) AS sized
)

SELECT
    '' AS trace_id,
    coalesce(s.span_id, '') AS span_id,
    s.parent_span_id,
    s.service_name,
    s.operation,
    s.span_kind,
    s.start_ns,
    s.duration_ns,
    s.status,
    s.error_type,
    s.peer_service,
    s.shared,
    s.kind_source,
    s.follows_from,
    'inferred' AS evidence,
    s.user_key,
    s.correlation_id,
    o.base + s.line_number * o.width + s.span_index AS place
FROM span AS s
INNER JOIN origin AS o ON s.file_id = o.file_id
LEFT JOIN request AS r
    ON
        s.correlation_id = r.correlation_id
        AND s.start_ns BETWEEN r.earliest_ns AND r.latest_ns
WHERE
    s.trace_id IS NULL
    AND s.correlation_id IS NOT NULL
    AND r.correlation_id IS NULL
    AND abs(CAST(hash(s.correlation_id) % $parts AS BIGINT)) = $part
ORDER BY s.correlation_id, place;
