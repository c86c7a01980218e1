-- Rows about things that are not files (links, devices) are found anew by every run.
DELETE FROM quarantine WHERE line_number IS NULL;
