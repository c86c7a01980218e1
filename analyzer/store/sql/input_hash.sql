-- Grain: one row: the contents that the analysis was made from, as one text in a fixed order.
SELECT coalesce(string_agg(content_hash, ',' ORDER BY path), '') AS contents
FROM source_file;
