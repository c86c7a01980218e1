-- Grain: one row per bucket of $bucket_us microseconds (counted from $origin_us) and event class.
-- The SQL twin of analyzer.slo.events.classify, held equal to it by a property test. Lists of
-- journey_ids are filled on request only ($with_ids). The events are those of the named pairs of
-- context and journey: one objective's.
WITH pair AS (
    SELECT
        unnest(CAST($contexts AS VARCHAR[])) AS context,
        unnest(CAST($journeys AS VARCHAR[])) AS journey
),
-- Read apart from `chosen`, which is then read once and never kept: ten million rows are many.
keyed AS (
    SELECT e.dedup_key, e.journey_id, epoch_us(e.t_start) AS start_us
    FROM slo_event AS e
    INNER JOIN pair AS p
        ON e.context = p.context AND e.journey = p.journey
    WHERE e.dedup_key IS NOT NULL
),
repeated AS (
    SELECT dedup_key, min(start_us) AS first_us
    FROM keyed
    GROUP BY dedup_key
    HAVING count(*) > 1
),
first_attempt AS (
    SELECT c.dedup_key, min(c.journey_id) AS journey_id
    FROM keyed AS c
    INNER JOIN repeated AS r
        ON c.dedup_key = r.dedup_key AND c.start_us = r.first_us
    GROUP BY c.dedup_key
),
chosen AS (
    SELECT
        e.journey_id,
        epoch_us(e.t_start) AS start_us,
        epoch_us(e.t_end) AS end_us,
        e.outcome,
        coalesce(e.synthetic, FALSE) AS synthetic,
        f.journey_id AS first_id
    FROM slo_event AS e
    INNER JOIN pair AS p
        ON e.context = p.context AND e.journey = p.journey
    LEFT JOIN first_attempt AS f
        ON e.dedup_key = f.dedup_key
),
classed AS (
    SELECT
        c.journey_id,
        c.start_us,
        CASE
            WHEN c.synthetic AND $excludes_synthetic THEN 'invalid'
            WHEN $first_of_dedup_key AND c.first_id <> c.journey_id THEN 'invalid'
            WHEN list_contains(CAST($excluded AS VARCHAR[]), c.outcome) THEN 'invalid'
            WHEN list_contains(CAST($failures AS VARCHAR[]), c.outcome) THEN 'bad'
            WHEN c.end_us IS NULL AND coalesce(c.outcome, 'success') <> 'success' THEN 'unknown'
            WHEN c.end_us IS NULL AND $overdue_is_bad
                AND $now_us - c.start_us > CAST($deadline_us AS BIGINT) THEN 'bad'
            WHEN c.end_us IS NULL THEN 'pending'
            WHEN c.end_us - c.start_us > CAST($deadline_us AS BIGINT) THEN 'bad'
            WHEN c.outcome = 'success' AND c.end_us >= c.start_us THEN 'good'
            ELSE 'unknown'
        END AS event_class
    FROM chosen AS c
)
SELECT
    CAST(floor((start_us - $origin_us) / CAST($bucket_us AS DOUBLE)) AS BIGINT) AS bucket,
    event_class,
    count(*) AS events,
    min(start_us) AS first_us,
    max(start_us) AS last_us,
    list(journey_id) FILTER (WHERE $with_ids) AS journey_ids
FROM classed
GROUP BY bucket, event_class
ORDER BY bucket, event_class;
