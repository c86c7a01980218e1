-- Grain: one row per finished event of the named pairs of context and journey, in order of start.
SELECT
    (epoch_us(e.t_end) - epoch_us(e.t_start)) / 1000.0 AS latency_ms,
    e.outcome = 'failed' AS failed
FROM slo_event AS e
INNER JOIN (
    SELECT
        unnest(CAST($contexts AS VARCHAR[])) AS context,
        unnest(CAST($journeys AS VARCHAR[])) AS journey
) AS p
    ON e.context = p.context AND e.journey = p.journey
WHERE e.t_end IS NOT NULL
    AND NOT coalesce(e.synthetic, FALSE)
    AND NOT coalesce(list_contains(CAST($excluded AS VARCHAR[]), e.outcome), FALSE)
    AND e.t_start >= make_timestamp($from_us)
    AND e.t_start < make_timestamp($until_us)
ORDER BY e.t_start, e.journey_id;
