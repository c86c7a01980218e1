-- Whose turn it is, and whom staff may write to first. Times are UTC epoch milliseconds.

-- Since when a ticket waits for its author: set by an agent's answer, emptied by theirs.
ALTER TABLE ticket ADD COLUMN waiting_since_ms BIGINT;
CREATE INDEX ticket_silent ON ticket (waiting_since_ms) WHERE waiting_since_ms IS NOT NULL;

-- One row per person who has pressed Start or submitted a ticket; `unreachable_ms` once they have
-- blocked the bot, until they write again.
CREATE TABLE contact (
    user_id BIGINT NOT NULL PRIMARY KEY,
    chat_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    username TEXT,
    language TEXT NOT NULL,
    unreachable_ms BIGINT
);
CREATE INDEX contact_username ON contact (username);
CREATE INDEX contact_chat ON contact (chat_id);
INSERT INTO contact (user_id, chat_id, name, language)
SELECT user_id, max(chat_id), max(author_name), max(language)
FROM ticket WHERE user_id <> 0 GROUP BY user_id;
