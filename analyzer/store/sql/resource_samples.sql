-- Grain: one row per sample of processor time or memory that a service's process logged.
-- Source: METHODS section 7, noisy neighbours; names are OpenTelemetry's process metrics.
SELECT service_name, name, epoch_ns(time) AS time_ns, value
FROM measurement
WHERE name IN ('process.cpu.utilization', 'process.memory.usage')
    AND time IS NOT NULL AND service_name IS NOT NULL AND value IS NOT NULL
ORDER BY service_name, name, time_ns, value;
