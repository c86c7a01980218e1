-- Grain: one row per log line or span that has a template: what happened, when, where.
SELECT
    service_name,
    epoch_us(time) * 1000 AS start_ns,
    CAST(NULL AS VARCHAR) AS operation,
    template,
    status = 'error' AS failed
FROM log_record
WHERE template IS NOT NULL AND time IS NOT NULL
UNION ALL
SELECT service_name, start_ns, operation, template, status = 'error' AS failed
FROM span
WHERE template IS NOT NULL AND start_ns IS NOT NULL;
