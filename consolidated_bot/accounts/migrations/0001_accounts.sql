-- Accounts' own tables. Times are UTC epoch milliseconds.

-- One row per person who changed anything about themselves.
CREATE TABLE account (
    user_id BIGINT NOT NULL PRIMARY KEY,
    chat_id BIGINT NOT NULL,
    name TEXT,
    email TEXT,
    language TEXT,
    plan TEXT NOT NULL,
    quiet_from INTEGER,
    quiet_to INTEGER,
    customer_id TEXT UNIQUE,
    created_ms BIGINT NOT NULL
);

-- One row per customer id that may be linked: staff hands the code to the customer by a channel
-- that is known to be theirs. Only a hash of the code is kept.
CREATE TABLE link_code (
    customer_id TEXT NOT NULL PRIMARY KEY,
    code_hash TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    attempts INTEGER NOT NULL
);

-- One row per person whose role was changed at run time; OPS_MEMBERS gives the roles at start.
CREATE TABLE role (
    user_id BIGINT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('user', 'agent', 'lead', 'owner'))
);
