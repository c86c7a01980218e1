-- Grain: one row per file that can be gone on with from its mark.
SELECT file_id, line_number, byte_offset, prefix_hash, tally
FROM file_mark
ORDER BY file_id;
