-- Grain: one row per span with a trace id, whole traces together, in an order that depends on the
-- content alone. Columns as in analyzer.model.span.Span; `place` is stable and breaks ties.
SELECT
    trace_id,
    coalesce(span_id, '') AS span_id,
    parent_span_id,
    service_name,
    operation,
    span_kind,
    start_ns,
    duration_ns,
    status,
    error_type,
    peer_service,
    shared,
    kind_source,
    follows_from,
    'observed' AS evidence,
    user_key,
    correlation_id,
    row_number() OVER (ORDER BY trace_key, trace_id, file_id, line_number, span_index) AS place
FROM span
WHERE trace_id IS NOT NULL
ORDER BY place;
