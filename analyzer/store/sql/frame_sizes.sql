-- Grain: one row: spans with an interval inside and outside the peak windows.
SELECT
    count(CASE WHEN at_peak THEN 1 END) AS peak_spans,
    count(CASE WHEN NOT at_peak THEN 1 END) AS base_spans
FROM (
    SELECT
        EXISTS (
            SELECT 1 FROM peak_window AS w
            WHERE make_timestamp(start_ns // 1000) >= w.window_start AND make_timestamp(start_ns // 1000) < w.window_end
        ) AS at_peak
    FROM span_time
) AS phased;
