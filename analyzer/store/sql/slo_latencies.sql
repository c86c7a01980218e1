-- Grain: one row per finished valid event of the named pairs of context and journey that starts
-- in [$from_us, $until_us), in order of start. Retried updates are one event, the first.
WITH pair AS (
    SELECT
        unnest(CAST($contexts AS VARCHAR[])) AS context,
        unnest(CAST($journeys AS VARCHAR[])) AS journey
),
attempt AS (
    SELECT
        e.journey_id,
        epoch_us(e.t_start) AS start_us,
        epoch_us(e.t_end) AS end_us,
        e.outcome,
        row_number() OVER (
            PARTITION BY coalesce(e.dedup_key, e.journey_id)
            ORDER BY e.t_start, e.journey_id
        ) AS attempt_number
    FROM slo_event AS e
    INNER JOIN pair AS p
        ON e.context = p.context AND e.journey = p.journey
    WHERE NOT coalesce(e.synthetic, FALSE)
        AND NOT coalesce(list_contains(CAST($excluded AS VARCHAR[]), e.outcome), FALSE)
)
SELECT
    (end_us - start_us) / 1000.0 AS latency_ms,
    outcome <> 'success' AS failed
FROM attempt
WHERE attempt_number = 1
    AND end_us IS NOT NULL
    AND start_us >= $from_us
    AND start_us < $until_us
ORDER BY start_us, journey_id;
