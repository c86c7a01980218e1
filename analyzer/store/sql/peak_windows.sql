-- Grain: one row per stretch of time that hotspots compare with the rest, in order of time.
SELECT window_start, window_end, reason, recovery_ms
FROM peak_window
ORDER BY window_start, window_end;
