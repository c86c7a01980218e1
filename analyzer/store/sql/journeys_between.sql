-- Grain: one row per journey that starts in the quarters of an hour from $first to $last.
SELECT journey, epoch_us(start_time) * 1000 AS start_ns, duration_ns, status
FROM journey
WHERE epoch_us(start_time) // 900000000 BETWEEN $first AND $last;
