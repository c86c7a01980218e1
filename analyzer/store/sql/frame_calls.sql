-- Grain: one row per call with a start, for the signs of retry storms; sampled as frame_times.
SELECT callee, message, epoch_us(start_time) * 1000 AS start_ns, retry
FROM (
    SELECT
        *,
        EXISTS (
            SELECT 1 FROM peak_window AS w
            WHERE start_time >= w.window_start AND start_time < w.window_end
        ) AS at_peak
    FROM call
    WHERE caller IS NOT NULL AND start_time IS NOT NULL
) AS phased
WHERE
    abs(
        CAST(
            hash(coalesce(nullif(trace_id, ''), callee_span_id, CAST(start_time AS VARCHAR)))
            % CASE WHEN at_peak THEN $peak_parts ELSE $base_parts END AS BIGINT
        )
    ) = 0;
