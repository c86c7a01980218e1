-- Grain: one row per span with an interval, as hotspots compare them.
SELECT
    trace_id, service_name, operation, start_ns, duration_ns, own_ns, gap_ns, callee,
    callee_operation, parent_service, status, error_type, origin
FROM span_time;
