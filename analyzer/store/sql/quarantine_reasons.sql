-- Grain: one row per (file, reason): how much could not be read, with one example.
SELECT
    path,
    reason,
    count(*) AS count,
    min(line_number) AS first_line,
    min(detail) AS detail,
    min(excerpt) AS excerpt
FROM quarantine
GROUP BY path, reason
ORDER BY count DESC, path, reason;
