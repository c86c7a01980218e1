-- How long the oldest update has waited is asked every other second, in a backlog above all.
CREATE INDEX inbox_waiting ON inbox (bot_id, received_ms, chat_id) WHERE state = 'pending';
