-- One row per agent who has done something in the operations chat: whom a ticket may be given to
-- by name. `username` is lower case.
CREATE TABLE colleague (
    user_id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    username TEXT
);
CREATE INDEX colleague_username ON colleague (username);
INSERT INTO colleague (user_id, name)
SELECT agent_id, max(agent_name) FROM ticket WHERE agent_id IS NOT NULL GROUP BY agent_id;
