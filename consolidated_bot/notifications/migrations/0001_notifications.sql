-- Notifications' own tables. Times are UTC epoch milliseconds.

-- One row per person and topic.
CREATE TABLE subscription (
    user_id BIGINT NOT NULL,
    topic TEXT NOT NULL,
    chat_id BIGINT NOT NULL,
    since_ms BIGINT NOT NULL,
    PRIMARY KEY (user_id, topic)
);
CREATE INDEX subscription_topic ON subscription (topic, user_id);

-- One row per chat that Telegram says cannot be reached; the next message from there removes it.
CREATE TABLE gone_chat (
    chat_id BIGINT NOT NULL PRIMARY KEY,
    since_ms BIGINT NOT NULL
);

CREATE TABLE broadcast (
    number BIGINT NOT NULL PRIMARY KEY,
    topic TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'running', 'paused', 'done', 'cancelled')),
    author_id BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    started_ms BIGINT,
    finished_ms BIGINT
);

-- One row per recipient, made when the broadcast starts: its cursor, so that a kill neither skips
-- nor repeats anybody.
CREATE TABLE broadcast_target (
    broadcast_number BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    chat_id BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'queued', 'sent', 'dropped', 'failed')),
    not_before_ms BIGINT NOT NULL,
    PRIMARY KEY (broadcast_number, user_id)
);
CREATE INDEX broadcast_target_state ON broadcast_target (broadcast_number, state, user_id);
CREATE INDEX broadcast_target_chat ON broadcast_target (broadcast_number, chat_id);
