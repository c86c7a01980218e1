-- Grain: one row per quarter of an hour in which journeys start, by time.
SELECT epoch_us(start_time) // 900000000 AS quarter, count(*) AS journeys
FROM journey
WHERE start_time IS NOT NULL
GROUP BY epoch_us(start_time) // 900000000
ORDER BY quarter;
