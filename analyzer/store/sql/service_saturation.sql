-- Grain: one row per service and figure that it logs (CPU, memory, pool in use, queue depth), at
-- peak against baseline, beside the context proposed for the service.
WITH phased AS (
    SELECT
        m.service_name,
        m.name,
        coalesce(m.unit, '') AS unit,
        m.value,
        EXISTS (
            SELECT 1 FROM peak_window AS w
            WHERE m.time >= w.window_start AND m.time < w.window_end
        ) AS at_peak
    FROM measurement AS m
)
SELECT
    c.context,
    p.service_name,
    p.name,
    p.unit,
    count(*) AS readings,
    quantile_cont(CASE WHEN NOT p.at_peak THEN p.value END, 0.5) AS baseline_median,
    max(CASE WHEN NOT p.at_peak THEN p.value END) AS baseline_max,
    quantile_cont(CASE WHEN p.at_peak THEN p.value END, 0.5) AS peak_median,
    max(CASE WHEN p.at_peak THEN p.value END) AS peak_max
FROM phased AS p
LEFT JOIN bounded_context AS c
    ON p.service_name = c.service_name
GROUP BY c.context, p.service_name, p.name, p.unit
ORDER BY c.context, p.service_name, p.name, p.unit;
