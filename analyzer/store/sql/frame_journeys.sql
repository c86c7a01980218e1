-- Grain: one row per journey with a start, sampled as frame_times.
SELECT trace_id, journey, epoch_us(start_time) * 1000 AS start_ns, duration_ns, status
FROM (
    SELECT
        *,
        EXISTS (
            SELECT 1 FROM peak_window AS w
            WHERE start_time >= w.window_start AND start_time < w.window_end
        ) AS at_peak
    FROM journey
    WHERE start_time IS NOT NULL
) AS phased
WHERE
    abs(
        CAST(hash(trace_id) % CASE WHEN at_peak THEN $peak_parts ELSE $base_parts END AS BIGINT)
    ) = 0;
