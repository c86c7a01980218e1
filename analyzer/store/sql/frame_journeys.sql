-- Grain: one row per journey with a start.
SELECT
    trace_id,
    journey,
    epoch_us(start_time) * 1000 AS start_ns,
    duration_ns,
    status
FROM journey
WHERE start_time IS NOT NULL;
