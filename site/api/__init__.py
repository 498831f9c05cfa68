"""The HTTP API: what programs read and post, notify people of, and open sockets with. docs/bots.md tells how."""
