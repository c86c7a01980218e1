-- Grain: one row per (trace, service, operation, kind, callee) of the critical paths of the
-- journeys that frame_journeys samples.
SELECT
    trace_id,
    service_name,
    operation,
    kind,
    callee,
    CAST(sum(exclusive_ns) AS BIGINT) AS exclusive_ns
FROM critical_path
WHERE
    trace_id IN (
        SELECT trace_id
        FROM (
            SELECT
                trace_id,
                start_time IS NOT NULL AND EXISTS (
                    SELECT 1 FROM peak_window AS w
                    WHERE start_time >= w.window_start AND start_time < w.window_end
                ) AS at_peak
            FROM journey
        ) AS phased
        WHERE
            abs(
                CAST(
                    hash(trace_id) % CASE WHEN at_peak THEN $peak_parts ELSE $base_parts END
                    AS BIGINT
                )
            ) = 0
    )
GROUP BY trace_id, service_name, operation, kind, callee;
