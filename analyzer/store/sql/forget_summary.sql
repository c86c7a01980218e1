-- What sums up one file ($file_id), not its rows.
DELETE FROM source_file WHERE file_id = $file_id;
DELETE FROM file_note WHERE file_id = $file_id;
DELETE FROM file_mark WHERE file_id = $file_id;
