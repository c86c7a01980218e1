-- What kind of media a message carried, in which zone an author reads times, and albums.
-- Times are UTC epoch milliseconds.
ALTER TABLE ticket ADD COLUMN attachment TEXT;
ALTER TABLE ticket ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC';
-- The promise of a solution is watched as the one of a first answer is.
ALTER TABLE ticket ADD COLUMN resolution_warned_ms BIGINT;
ALTER TABLE ticket ADD COLUMN resolution_breached_ms BIGINT;
ALTER TABLE ticket_entry ADD COLUMN attachment TEXT;
CREATE INDEX ticket_waiting ON ticket (number) WHERE state = 'open';

-- One row per picture of an album. Telegram delivers each as an update of its own; all of them are
-- one message on a ticket, handed on as one album when the last has come.
CREATE TABLE album_part (
    chat_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    album TEXT NOT NULL,
    ticket_number BIGINT,
    author TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    relayed_ms BIGINT,
    PRIMARY KEY (chat_id, message_id)
);
CREATE INDEX album_part_album ON album_part (chat_id, album);
CREATE INDEX album_part_waiting ON album_part (at_ms) WHERE relayed_ms IS NULL;
