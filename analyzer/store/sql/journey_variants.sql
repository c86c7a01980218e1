-- Grain: one row per (variant, service); a variant is a journey with the services that it touched.
-- `weight` counts the runs of the variant. For fleets whose journeys all enter by one operation.
SELECT
    variant.journey || ' via ' || variant.pattern AS journey,
    touched.service_name AS service,
    count(*) AS weight
FROM journey_service AS touched
INNER JOIN (
    SELECT
        trace_id,
        root_span_id,
        journey,
        array_to_string(list_sort(list(service_name)), ' + ') AS pattern
    FROM journey_service
    GROUP BY trace_id, root_span_id, journey
) AS variant
    ON touched.trace_id = variant.trace_id AND touched.root_span_id = variant.root_span_id
GROUP BY variant.journey, variant.pattern, touched.service_name
ORDER BY journey, service;
