-- Grain: one row per (caller, callee, message, mode), services only (a journey's root has no caller).
-- Source: METHODS "Inventory". Quantiles are exact (quantile_cont) and of one side only:
-- the client's clock where any call of the row has it, else the server's.
CREATE VIEW inventory AS
WITH edge AS (
    SELECT
        caller,
        callee,
        message,
        mode,
        start_time,
        gap_ns,
        status,
        client_duration_ns,
        server_duration_ns,
        CASE evidence WHEN 'observed' THEN 0 WHEN 'correlated' THEN 1 ELSE 2 END AS evidence_rank,
        count(client_duration_ns) OVER (PARTITION BY caller, callee, message, mode) AS client_n,
        count(server_duration_ns) OVER (PARTITION BY caller, callee, message, mode) AS server_n,
        count(CASE WHEN client_duration_ns IS NOT NULL AND server_duration_ns IS NOT NULL THEN 1 END)
            OVER (PARTITION BY caller, callee, message, mode) AS both_n
    FROM call
    WHERE caller IS NOT NULL
),

sided AS (
    SELECT
        *,
        CASE
            WHEN client_n > 0 AND (both_n > 0 OR server_n = 0) THEN 'client'
            WHEN server_n > 0 THEN 'server'
        END AS side
    FROM edge
),

timed AS (
    SELECT
        *,
        CASE side WHEN 'client' THEN client_duration_ns ELSE server_duration_ns END AS latency_ns
    FROM sided
)

SELECT
    caller,
    callee,
    message,
    mode,
    count(*) AS calls,
    count(CASE WHEN status = 'error' THEN 1 END) AS errors,
    count(CASE WHEN status = 'error' THEN 1 END) / CAST(count(*) AS DOUBLE) AS error_rate,
    quantile_cont(latency_ns, 0.5) / 1000000.0 AS p50_ms,
    quantile_cont(latency_ns, 0.95) / 1000000.0 AS p95_ms,
    quantile_cont(latency_ns, 0.99) / 1000000.0 AS p99_ms,
    max(side) AS side,
    quantile_cont(gap_ns, 0.5) / 1000000.0 AS gap_p50_ms,
    CASE max(evidence_rank) WHEN 0 THEN 'observed' WHEN 1 THEN 'correlated' ELSE 'inferred' END
        AS evidence,
    min(start_time) AS first_seen,
    max(start_time) AS last_seen
FROM timed
GROUP BY caller, callee, message, mode;
