-- Grain: one row per file that later runs can go on reading: all before `line_number` is settled.
-- Created where it is missing, so that stores of earlier versions take it up.
CREATE TABLE IF NOT EXISTS file_mark (
    file_id BIGINT,
    line_number BIGINT,
    byte_offset BIGINT,
    prefix_hash VARCHAR,
    tally VARCHAR
);
