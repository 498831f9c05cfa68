"""What an operator sees of the running site, and is told when something is wrong. See `docs/monitoring.md`."""
