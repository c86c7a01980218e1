-- Grain: one row per (variant, service); a variant is a journey with the services that it touched.
-- `weight` counts the runs of the variant. For fleets whose journeys all enter by one operation.
-- A run that failed stops early: it counts only where its journey never succeeds.
WITH whole AS (
    SELECT
        j.trace_id,
        j.root_span_id
    FROM journey AS j
    LEFT JOIN (
        SELECT DISTINCT journey
        FROM journey
        WHERE status <> 'error'
    ) AS succeeding
        ON j.journey = succeeding.journey
    WHERE j.status <> 'error' OR succeeding.journey IS NULL
)

SELECT
    variant.journey || ' via ' || variant.pattern AS journey,
    touched.service_name AS service,
    count(*) AS weight
FROM journey_service AS touched
INNER JOIN (
    SELECT
        s.trace_id,
        s.root_span_id,
        s.journey,
        array_to_string(list_sort(list(s.service_name)), ' + ') AS pattern
    FROM journey_service AS s
    INNER JOIN whole AS w
        ON s.trace_id = w.trace_id AND s.root_span_id = w.root_span_id
    GROUP BY s.trace_id, s.root_span_id, s.journey
) AS variant
    ON touched.trace_id = variant.trace_id AND touched.root_span_id = variant.root_span_id
GROUP BY variant.journey, variant.pattern, touched.service_name
ORDER BY journey, service;
