-- Forum topics: a send may name the topic it belongs into, which is opened when first written into.

-- JSON of the topic's key and title.
ALTER TABLE outbox ADD COLUMN topic TEXT;

-- One row per topic that is open in a group; `key` is what the topic is about.
CREATE TABLE forum_topic (
    bot_id BIGINT NOT NULL,
    chat_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    thread_id BIGINT NOT NULL,
    PRIMARY KEY (bot_id, chat_id, key)
);
CREATE UNIQUE INDEX forum_topic_thread ON forum_topic (bot_id, chat_id, thread_id);
