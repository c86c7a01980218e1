-- Grain: one row per file; `difference` is 0 for every file, always (README, "Every line counted").
SELECT
    path,
    format,
    compression,
    lines,
    records,
    quarantined,
    blank,
    folded,
    excluded,
    spans,
    spans_bad,
    lines - records - quarantined - blank - folded - excluded AS difference,
    first_time,
    last_time
FROM source_file
ORDER BY path;
