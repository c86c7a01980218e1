"""Pictures, tables and pages; everything below knows nothing of how it is shown."""
