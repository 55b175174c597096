"""The core: events in, a new session and effects out. Pure and total."""
