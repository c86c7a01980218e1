-- Grain: one row: what the compiled recording of a store's traces was made from. Contents of the
-- files and how they were read, and sums over the spans, which also tell a run that was killed
-- between two files. Sums are text: they may be wider than any integer column.
SELECT
    (SELECT coalesce(string_agg(content_hash, ',' ORDER BY path), '') FROM source_file) AS contents,
    (SELECT coalesce(max(value), '') FROM store_property WHERE name = 'reading') AS reading,
    count(*) AS spans,
    coalesce(cast(sum(start_ns) AS VARCHAR), '') AS starts,
    coalesce(cast(sum(duration_ns) AS VARCHAR), '') AS durations,
    count(trace_id) AS traced,
    count(*) FILTER (WHERE status = 'error') AS errors
FROM span;
