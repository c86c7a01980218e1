-- Grain: one row per span with an interval, as hotspots compare them. Of many spans a sample by a
-- hash of the trace id: one trace in $peak_parts where it starts in a peak window, one in
-- $base_parts elsewhere; `weight` says how many a row stands for.
SELECT
    trace_id, service_name, operation, start_ns, duration_ns, own_ns, gap_ns, callee,
    callee_operation, uninstrumented, parent_service, status, error_type, origin,
    CASE WHEN at_peak THEN $peak_parts ELSE $base_parts END AS weight
FROM (
    SELECT
        *,
        EXISTS (
            SELECT 1 FROM peak_window AS w
            WHERE make_timestamp(start_ns // 1000) >= w.window_start AND make_timestamp(start_ns // 1000) < w.window_end
        ) AS at_peak
    FROM span_time
) AS phased
WHERE
    abs(
        CAST(
            hash(coalesce(nullif(trace_id, ''), CAST(row_number AS VARCHAR)))
            % CASE WHEN at_peak THEN $peak_parts ELSE $base_parts END AS BIGINT
        )
    ) = 0;
