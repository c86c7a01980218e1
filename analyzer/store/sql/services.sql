-- Grain: one row per service that reports spans or logs, or that others call.
WITH seen AS (
    SELECT service_name, count(*) AS spans, count(CASE WHEN status = 'error' THEN 1 END) AS errors
    FROM span
    GROUP BY service_name
),

logged AS (
    SELECT service_name, count(*) AS records
    FROM log_record
    GROUP BY service_name
),

named AS (
    SELECT service_name FROM seen
    UNION
    SELECT service_name FROM logged
    UNION
    SELECT callee FROM call WHERE callee IS NOT NULL
    UNION
    SELECT caller FROM call WHERE caller IS NOT NULL
)

SELECT
    named.service_name,
    coalesce(seen.spans, 0) AS spans,
    coalesce(seen.errors, 0) AS errors,
    coalesce(logged.records, 0) AS log_records
FROM named
LEFT JOIN seen ON named.service_name = seen.service_name
LEFT JOIN logged ON named.service_name = logged.service_name
ORDER BY named.service_name;
