-- Grain: one row per journey (trace root), in order of start.
SELECT
    trace_id, journey, context, entry_service, start_time, duration_ns, status, user_key,
    services, hops
FROM journey
ORDER BY start_time, trace_id, journey;
