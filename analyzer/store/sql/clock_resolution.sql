-- Grain: one row per service whose clock is coarse: every span ends (or starts) on a whole second
-- or a whole millisecond. Excursions below that are rounding, not skew (METHODS section 1).
SELECT
    service_name,
    CASE
        WHEN
            bool_and((start_ns + duration_ns) % 1000000000 = 0)
            OR bool_and(start_ns % 1000000000 = 0)
            THEN 1000000000
        ELSE 1000000
    END AS resolution_ns
FROM span
WHERE start_ns IS NOT NULL AND duration_ns IS NOT NULL
GROUP BY service_name
HAVING
    count(*) >= 5
    AND (bool_and((start_ns + duration_ns) % 1000000 = 0) OR bool_and(start_ns % 1000000 = 0))
ORDER BY service_name;
