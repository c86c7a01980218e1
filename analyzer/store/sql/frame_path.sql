-- Grain: one row per (journey, service, operation, kind, callee) of the critical paths.
SELECT
    trace_id,
    service_name,
    operation,
    kind,
    callee,
    CAST(sum(exclusive_ns) AS BIGINT) AS exclusive_ns
FROM critical_path
GROUP BY trace_id, service_name, operation, kind, callee;
