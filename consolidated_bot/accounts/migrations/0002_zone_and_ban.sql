-- A person's time zone (IANA), and since when somebody may not write to us (UTC epoch ms).
ALTER TABLE account ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE account ADD COLUMN banned_ms BIGINT;
