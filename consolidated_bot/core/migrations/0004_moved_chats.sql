-- One row per group that Telegram has renumbered (a group becomes a supergroup, for instance when
-- its topics are switched on). Everything else goes on naming the chat by `chat_id`.
CREATE TABLE moved_chat (
    bot_id BIGINT NOT NULL,
    chat_id BIGINT NOT NULL,
    moved_to BIGINT NOT NULL,
    PRIMARY KEY (bot_id, chat_id)
);
