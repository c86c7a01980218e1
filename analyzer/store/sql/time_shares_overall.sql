-- Grain: one row per (service, operation, caller): its part of all journeys' critical-path time, and
-- of the slowest 5 % of each journey's.
WITH part AS (
    SELECT slice, service_name, operation, caller, CAST(sum(exclusive_ns) AS BIGINT) AS exclusive_ns
    FROM time_share
    WHERE slice IN ('all', 'slowest 5 %')
    GROUP BY slice, service_name, operation, caller
),

whole AS (
    SELECT slice, CAST(sum(exclusive_ns) AS BIGINT) AS exclusive_ns
    FROM part
    GROUP BY slice
)

SELECT
    part.service_name,
    part.operation,
    part.caller AS waited_by,
    max(CASE WHEN part.slice = 'all' THEN part.exclusive_ns / 1000000000.0 END) AS seconds,
    max(CASE WHEN part.slice = 'all' THEN part.exclusive_ns / CAST(whole.exclusive_ns AS DOUBLE) END)
        AS share,
    max(
        CASE WHEN part.slice <> 'all' THEN part.exclusive_ns / CAST(whole.exclusive_ns AS DOUBLE) END
    ) AS share_of_slowest_5_percent
FROM part
INNER JOIN whole ON part.slice = whole.slice
GROUP BY part.service_name, part.operation, part.caller
ORDER BY share DESC, part.service_name, part.operation, part.caller
LIMIT $top;
