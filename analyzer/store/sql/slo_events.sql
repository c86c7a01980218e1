-- Fills slo_event. Grain: one row per journey with a start, named by the user's mapping where it
-- has an entry, else by its entry service (context) and operation (journey).
-- The end is rounded up to the microsecond, so that a nanosecond over the deadline is late.
INSERT INTO slo_event
WITH named AS (
    SELECT
        unnest(CAST($journeys AS VARCHAR[])) AS journey,
        unnest(CAST($services AS VARCHAR[])) AS entry_service,
        unnest(CAST($as_contexts AS VARCHAR[])) AS as_context,
        unnest(CAST($as_journeys AS VARCHAR[])) AS as_journey
),
root AS (
    SELECT trace_id, span_id, min(error_type) AS error_type
    FROM span
    WHERE error_type IS NOT NULL
    GROUP BY trace_id, span_id
)
SELECT
    CASE
        WHEN j.extra_root THEN j.trace_id || '/' || coalesce(j.root_span_id, '')
        ELSE j.trace_id
    END AS journey_id,
    coalesce(n.as_context, j.entry_service) AS context,
    coalesce(n.as_journey, j.journey) AS journey,
    j.start_time AS t_start,
    make_timestamp(epoch_us(j.start_time) + (j.duration_ns + 999) // 1000) AS t_end,
    CASE
        WHEN j.status = 'error' THEN 'failed'
        WHEN j.duration_ns IS NULL THEN 'unknown'
        ELSE 'success'
    END AS outcome,
    r.error_type AS reason,
    FALSE AS synthetic,
    NULL AS dedup_key,
    NULL AS campaign
FROM journey AS j
LEFT JOIN named AS n
    ON j.journey = n.journey AND j.entry_service = n.entry_service
LEFT JOIN root AS r
    ON j.trace_id = r.trace_id AND j.root_span_id = r.span_id AND j.status = 'error'
WHERE j.start_time IS NOT NULL;
