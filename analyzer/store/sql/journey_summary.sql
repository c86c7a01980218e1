-- Grain: one row per (journey, entry service): how often, how long, how failing. Quantiles exact.
SELECT
    journey,
    entry_service,
    count(*) AS journeys,
    count(CASE WHEN status = 'error' THEN 1 END) AS errors,
    count(CASE WHEN status = 'error' THEN 1 END) / CAST(count(*) AS DOUBLE) AS error_rate,
    quantile_cont(duration_ns, 0.5) / 1000000.0 AS p50_ms,
    quantile_cont(duration_ns, 0.95) / 1000000.0 AS p95_ms,
    quantile_cont(duration_ns, 0.99) / 1000000.0 AS p99_ms,
    quantile_cont(services, 0.5) AS services,
    quantile_cont(hops, 0.5) AS hops,
    min(start_time) AS first_seen,
    max(start_time) AS last_seen
FROM journey
GROUP BY journey, entry_service
ORDER BY journeys DESC, journey, entry_service;
