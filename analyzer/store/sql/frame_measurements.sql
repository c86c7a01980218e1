-- Grain: one row per figure that a service logged of itself (pool, queue, processor, memory).
SELECT service_name, epoch_us(time) * 1000 AS start_ns, name, value
FROM measurement
WHERE time IS NOT NULL AND value IS NOT NULL;
