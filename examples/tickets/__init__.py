"""A chat room on every ticket, for those who work on it."""
