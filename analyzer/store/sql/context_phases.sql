-- Grain: one row per context and phase: peak (inside a peak window) or baseline (the rest). The
-- rate is per second of the phase, counted in seconds in which any event started.
WITH named AS (
    SELECT
        unnest(CAST($services AS VARCHAR[])) AS context,
        unnest(CAST($journeys AS VARCHAR[])) AS journey,
        unnest(CAST($as_contexts AS VARCHAR[])) AS as_context
),
phased AS (
    SELECT
        coalesce(n.as_context, e.context) AS context,
        CASE
            WHEN EXISTS (
                SELECT 1 FROM peak_window AS w
                WHERE e.t_start >= w.window_start AND e.t_start < w.window_end
            ) THEN 'peak'
            ELSE 'baseline'
        END AS phase,
        epoch_us(e.t_start) AS start_us,
        epoch_us(e.t_end) - epoch_us(e.t_start) AS duration_us,
        e.outcome
    FROM slo_event AS e
    LEFT JOIN named AS n
        ON e.context = n.context AND e.journey = n.journey
),
phase_length AS (
    SELECT phase, count(DISTINCT start_us // 1000000) AS seconds
    FROM phased
    GROUP BY phase
)
SELECT
    p.context,
    p.phase,
    count(*) AS events,
    count(*) / CAST(min(s.seconds) AS DOUBLE) AS events_per_second,
    count(CASE WHEN p.outcome = 'failed' THEN 1 END) / CAST(count(*) AS DOUBLE) AS error_rate,
    quantile_cont(p.duration_us, 0.5) / 1000.0 AS p50_ms,
    quantile_cont(p.duration_us, 0.95) / 1000.0 AS p95_ms,
    quantile_cont(p.duration_us, 0.99) / 1000.0 AS p99_ms
FROM phased AS p
INNER JOIN phase_length AS s
    ON p.phase = s.phase
GROUP BY p.context, p.phase
ORDER BY p.context, p.phase;
