-- A broadcast may start at a moment of its own: made anew, since neither database widens a CHECK.
-- `zone` (IANA) is the one in which its author named the moment.
CREATE TABLE broadcast_with_schedule (
    number BIGINT NOT NULL PRIMARY KEY,
    topic TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('draft', 'scheduled', 'running', 'paused', 'done', 'cancelled')),
    author_id BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    started_ms BIGINT,
    finished_ms BIGINT,
    scheduled_ms BIGINT,
    zone TEXT NOT NULL DEFAULT 'UTC'
);
INSERT INTO broadcast_with_schedule
    (number, topic, body, state, author_id, created_ms, started_ms, finished_ms)
SELECT number, topic, body, state, author_id, created_ms, started_ms, finished_ms FROM broadcast;
DROP TABLE broadcast;
ALTER TABLE broadcast_with_schedule RENAME TO broadcast;
CREATE INDEX broadcast_scheduled ON broadcast (scheduled_ms) WHERE state = 'scheduled';
