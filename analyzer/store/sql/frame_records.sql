-- Grain: one row per log line or span that has a template: what happened, when, where. Sampled as
-- frame_times, lines without a trace id by their place.
SELECT service_name, start_ns, operation, template, failed
FROM (
    SELECT
        *,
        EXISTS (
            SELECT 1 FROM peak_window AS w
            WHERE make_timestamp(start_ns // 1000) >= w.window_start AND make_timestamp(start_ns // 1000) < w.window_end
        ) AS at_peak
    FROM (
        SELECT
            service_name,
            epoch_us(time) * 1000 AS start_ns,
            CAST(NULL AS VARCHAR) AS operation,
            template,
            status = 'error' AS failed,
            coalesce(trace_id, CAST(file_id AS VARCHAR) || ':' || CAST(line_number AS VARCHAR)) AS kept_by
        FROM log_record
        WHERE template IS NOT NULL AND time IS NOT NULL
        UNION ALL
        SELECT
            service_name,
            start_ns,
            operation,
            template,
            status = 'error' AS failed,
            coalesce(trace_id, CAST(file_id AS VARCHAR) || ':' || CAST(line_number AS VARCHAR)) AS kept_by
        FROM span
        WHERE template IS NOT NULL AND start_ns IS NOT NULL
    ) AS told
) AS phased
WHERE
    abs(
        CAST(hash(kept_by) % CASE WHEN at_peak THEN $peak_parts ELSE $base_parts END AS BIGINT)
    ) = 0;
