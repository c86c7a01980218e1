"""Which microservices to consolidate, what that brings, and the proof: from a fleet's own logs."""
