-- Grain: one row per file of the manifest; what decides whether a file must be read again.
SELECT file_id, size_bytes, modified_ns, content_hash, format
FROM source_file
ORDER BY file_id;
