-- Grain: one row per service that reports spans of its own.
SELECT DISTINCT service_name
FROM span
WHERE service_name <> 'unknown'
ORDER BY service_name;
