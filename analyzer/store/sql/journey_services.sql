-- Grain: one row per (journey, service): in how many traces of the journey the service takes part.
SELECT journey, service_name AS service, count(*) AS weight
FROM journey_service
GROUP BY journey, service_name
ORDER BY journey, service;
