-- Grain: one row per (context, journey) that has events, with its span of time in microseconds.
SELECT
    context,
    journey,
    count(*) AS events,
    min(epoch_us(t_start)) AS first_us,
    max(epoch_us(coalesce(t_end, t_start))) AS last_us
FROM slo_event
GROUP BY context, journey
ORDER BY events DESC, context, journey;
