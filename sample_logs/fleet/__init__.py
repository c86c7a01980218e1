"""A small legacy support fleet that really queues: eight services that talk HTTP.

Each service stands for a team: its own SQLite store behind a bounded connection pool, its own
time-outs and retries, its own style of logging. Nothing here knows the time of day or the phase
of a campaign: what a recording shows comes out of the queues and pools alone.
"""
