-- Grain: one row per (service, operation) that has a span with a time and a duration.
SELECT DISTINCT service_name, operation
FROM span
WHERE start_time IS NOT NULL AND duration_ns IS NOT NULL
ORDER BY ALL;
