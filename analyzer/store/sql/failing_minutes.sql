-- Grain: one row per service and minute in which a failure began in it (none of its children failed).
-- Source: METHODS section 6, the layer of failure coupling.
SELECT DISTINCT
    service_name,
    start_ns - start_ns % 60000000000 AS minute_ns
FROM span_time
WHERE origin AND start_ns IS NOT NULL
ORDER BY service_name, minute_ns;
