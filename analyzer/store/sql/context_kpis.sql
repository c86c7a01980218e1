-- Grain: one row per context and bucket of $bucket_us microseconds that has events. Contexts are
-- named by the mapping where it has an entry. Quantiles exact, over finished events.
WITH named AS (
    SELECT
        unnest(CAST($services AS VARCHAR[])) AS context,
        unnest(CAST($journeys AS VARCHAR[])) AS journey,
        unnest(CAST($as_contexts AS VARCHAR[])) AS as_context
)
SELECT
    coalesce(n.as_context, e.context) AS context,
    make_timestamp(epoch_us(e.t_start) - epoch_us(e.t_start) % $bucket_us) AS bucket,
    count(*) AS events,
    count(*) * 1000000.0 / $bucket_us AS events_per_second,
    count(CASE WHEN e.outcome = 'failed' THEN 1 END) / CAST(count(*) AS DOUBLE) AS error_rate,
    quantile_cont(epoch_us(e.t_end) - epoch_us(e.t_start), 0.5) / 1000.0 AS p50_ms,
    quantile_cont(epoch_us(e.t_end) - epoch_us(e.t_start), 0.95) / 1000.0 AS p95_ms,
    quantile_cont(epoch_us(e.t_end) - epoch_us(e.t_start), 0.99) / 1000.0 AS p99_ms
FROM slo_event AS e
LEFT JOIN named AS n
    ON e.context = n.context AND e.journey = n.journey
GROUP BY coalesce(n.as_context, e.context), epoch_us(e.t_start) - epoch_us(e.t_start) % $bucket_us
ORDER BY context, bucket;
