-- Grain: one row per bucket of $bucket_us microseconds with spans of $service (and $operation,
-- where it is not null) in it. Quantiles exact.
SELECT
    make_timestamp(epoch_us(start_time) - epoch_us(start_time) % $bucket_us) AS bucket,
    count(*) AS n,
    count(CASE WHEN status = 'error' THEN 1 END) AS errors,
    quantile_cont(duration_ns, 0.5) / 1000000.0 AS p50_ms,
    quantile_cont(duration_ns, 0.95) / 1000000.0 AS p95_ms
FROM span
WHERE
    start_time IS NOT NULL
    AND duration_ns IS NOT NULL
    AND service_name = $service
    AND ($operation IS NULL OR operation = $operation)
GROUP BY epoch_us(start_time) - epoch_us(start_time) % $bucket_us
ORDER BY bucket;
