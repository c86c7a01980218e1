-- The rows that were read of one file ($file_id) from a line ($line_number) on.
DELETE FROM quarantine WHERE file_id = $file_id AND line_number >= $line_number;
DELETE FROM log_record WHERE file_id = $file_id AND line_number >= $line_number;
DELETE FROM span WHERE file_id = $file_id AND line_number >= $line_number;
DELETE FROM measurement WHERE file_id = $file_id AND line_number >= $line_number;
