"""What makes no update lost: inbox, ordered workers, outbox, one sender, database, telemetry.

Nothing in here knows a bounded context. An update is stored before it is confirmed to Telegram,
its effects, its answers and its `done` are one transaction, and the answers leave through one
sender that owns Telegram's limits. So an update has its effect exactly once and its answer at
least once, whatever moment the process is killed at.
"""
