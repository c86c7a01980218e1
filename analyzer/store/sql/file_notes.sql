-- Grain: one row per (note, scope) over all files: what reading assumed or noticed.
SELECT note, scope, CAST(sum(count) AS BIGINT) AS count
FROM file_note
GROUP BY note, scope
ORDER BY note, scope;
