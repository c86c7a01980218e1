-- Grain: one row per span that shares no id with any other, outermost first; columns as in
-- analyzer.model.span.Span: those without a request id, and those that span_apart took back.
WITH origin AS (
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
WHERE s.trace_id IS NULL AND s.correlation_id IS NULL
UNION ALL
SELECT *
FROM span_apart
ORDER BY start_ns NULLS FIRST, duration_ns DESC, place DESC;
