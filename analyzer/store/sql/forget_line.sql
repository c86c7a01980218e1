-- The rows of one line ($line_number) of a file ($file_id).
DELETE FROM quarantine WHERE file_id = $file_id AND line_number = $line_number;
DELETE FROM log_record WHERE file_id = $file_id AND line_number = $line_number;
DELETE FROM span WHERE file_id = $file_id AND line_number = $line_number;
DELETE FROM measurement WHERE file_id = $file_id AND line_number = $line_number;
