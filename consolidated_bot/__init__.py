"""The bot that replaces the fleet: three bounded contexts in one process, no update lost."""
