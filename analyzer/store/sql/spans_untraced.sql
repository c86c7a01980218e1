-- Grain: one row per span that belongs to no trace, not even by its request id; columns as in
-- analyzer.model.span.Span. Counterpart of spans_by_trace: together they hold every span once.
WITH request AS (
    SELECT
        correlation_id,
        min(start_ns) - 3600000000000 AS earliest_ns,
        max(start_ns) + 3600000000000 AS latest_ns
    FROM span
    WHERE trace_id IS NOT NULL AND correlation_id IS NOT NULL
    GROUP BY correlation_id
    HAVING count(DISTINCT trace_id) = 1
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
    row_number() OVER (ORDER BY s.file_id, s.line_number, s.span_index) AS place
FROM span AS s
LEFT JOIN request AS r
    ON
        s.correlation_id = r.correlation_id
        AND s.start_ns BETWEEN r.earliest_ns AND r.latest_ns
WHERE s.trace_id IS NULL AND r.correlation_id IS NULL
ORDER BY place;
