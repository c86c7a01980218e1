-- Grain: one row per bucket of $bucket_us microseconds with spans of $service (and $operation,
-- where it is not null) in it. Spans that serve a request outrank those of the service's own
-- calls, so that one chart shows one clock. Quantiles exact.
WITH timed AS (
    SELECT
        epoch_us(start_time) - epoch_us(start_time) % $bucket_us AS bucket_us,
        duration_ns,
        status,
        span_kind IN ('server', 'consumer') AS serves,
        max(span_kind IN ('server', 'consumer')) OVER () AS any_serves
    FROM span
    WHERE
        start_time IS NOT NULL
        AND duration_ns IS NOT NULL
        AND service_name = $service
        AND ($operation IS NULL OR operation = $operation)
)
SELECT
    make_timestamp(bucket_us) AS bucket,
    count(*) AS n,
    count(CASE WHEN status = 'error' THEN 1 END) AS errors,
    quantile_cont(duration_ns, 0.5) / 1000000.0 AS p50_ms,
    quantile_cont(duration_ns, 0.95) / 1000000.0 AS p95_ms
FROM timed
WHERE serves OR NOT any_serves
GROUP BY bucket_us
ORDER BY bucket;
