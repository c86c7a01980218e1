-- Fills slo_event. Grain: one row per journey with a start, named by the user's mapping where it
-- has an entry, else by its entry service (context) and operation (journey).
-- What makes two journeys one event, or none that counts, stands in the root's attributes where a
-- fleet logs it: dedup_key or idempotency_key, else Telegram's update_id at the same entry (an
-- update delivered twice is one event), synthetic traffic, campaign.
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
    SELECT
        trace_id,
        span_id,
        min(error_type) AS error_type,
        min(
            coalesce(
                json_extract_string(attributes, '$.dedup_key'),
                json_extract_string(attributes, '$.idempotency_key')
            )
        ) AS dedup_key,
        min(
            coalesce(
                'update:' || json_extract_string(attributes, '$.update_id'),
                CASE WHEN starts_with(correlation_id, 'update:') THEN correlation_id END
            )
        ) AS update_key,
        bool_or(
            coalesce(lower(json_extract_string(attributes, '$.synthetic')) IN ('true', '1', 'yes'), FALSE)
            OR json_extract_string(attributes, '$."user_agent.synthetic.type"') IS NOT NULL
        ) AS synthetic,
        min(
            coalesce(
                json_extract_string(attributes, '$.campaign'),
                json_extract_string(attributes, '$.campaign_id'),
                json_extract_string(attributes, '$.utm_campaign')
            )
        ) AS campaign
    FROM span
    WHERE error_type IS NOT NULL
        OR starts_with(correlation_id, 'update:')
        OR contains(attributes, 'update_id')
        OR contains(attributes, 'dedup_key')
        OR contains(attributes, 'idempotency_key')
        OR contains(attributes, 'synthetic')
        OR contains(attributes, 'campaign')
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
    CASE WHEN j.status = 'error' THEN r.error_type END AS reason,
    coalesce(r.synthetic, FALSE) AS synthetic,
    coalesce(r.dedup_key, j.entry_service || '/' || r.update_key) AS dedup_key,
    r.campaign
FROM journey AS j
LEFT JOIN named AS n
    ON j.journey = n.journey AND j.entry_service = n.entry_service
LEFT JOIN root AS r
    ON j.trace_id = r.trace_id AND j.root_span_id = r.span_id
WHERE j.start_time IS NOT NULL;
