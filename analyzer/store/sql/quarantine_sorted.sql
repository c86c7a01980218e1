-- Grain: one row per line, or part of a document, that could not be read; in reading order.
SELECT path, line_number, byte_offset, reason, detail, excerpt
FROM quarantine
ORDER BY path, line_number, byte_offset, reason, detail, excerpt;
