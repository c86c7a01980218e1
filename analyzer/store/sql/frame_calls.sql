-- Grain: one row per call with a start, for the signs of retry storms.
SELECT callee, message, epoch_us(start_time) * 1000 AS start_ns, retry
FROM call
WHERE caller IS NOT NULL AND start_time IS NOT NULL;
