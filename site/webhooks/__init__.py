"""Outgoing webhooks: pages without a browser. See `docs/webhooks.md`."""
