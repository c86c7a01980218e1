-- Grain: one row for the store: what was read and what came of it.
SELECT
    (SELECT count(*) FROM source_file) AS files,
    (SELECT CAST(coalesce(sum(size_bytes), 0) AS BIGINT) FROM source_file WHERE size_bytes > 0) AS size_bytes,
    (SELECT CAST(coalesce(sum(lines), 0) AS BIGINT) FROM source_file) AS lines,
    (SELECT CAST(coalesce(sum(records), 0) AS BIGINT) FROM source_file) AS records,
    (SELECT CAST(coalesce(sum(quarantined), 0) AS BIGINT) FROM source_file) AS quarantined,
    (SELECT CAST(coalesce(sum(blank), 0) AS BIGINT) FROM source_file) AS blank,
    (SELECT CAST(coalesce(sum(folded), 0) AS BIGINT) FROM source_file) AS folded,
    (SELECT CAST(coalesce(sum(excluded), 0) AS BIGINT) FROM source_file) AS excluded,
    (SELECT count(*) FROM span) AS spans,
    (SELECT count(*) FROM log_record) AS log_records,
    (SELECT count(*) FROM measurement) AS measurements,
    (SELECT count(DISTINCT trace_key) FROM span) AS traces,
    (SELECT count(*) FROM journey) AS journeys,
    (SELECT count(*) FROM call WHERE caller IS NOT NULL) AS calls,
    (SELECT count(*) FROM (SELECT DISTINCT caller, callee FROM call WHERE caller IS NOT NULL AND caller <> callee)) AS edges,
    (SELECT min(first_time) FROM source_file) AS first_time,
    (SELECT max(last_time) FROM source_file) AS last_time;
