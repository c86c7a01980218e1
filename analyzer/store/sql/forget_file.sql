-- Everything that was read from one file ($file_id).
DELETE FROM source_file WHERE file_id = $file_id;
DELETE FROM quarantine WHERE file_id = $file_id;
DELETE FROM log_record WHERE file_id = $file_id;
DELETE FROM span WHERE file_id = $file_id;
DELETE FROM measurement WHERE file_id = $file_id;
DELETE FROM file_note WHERE file_id = $file_id;
DELETE FROM file_mark WHERE file_id = $file_id;
