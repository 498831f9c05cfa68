"""The wiring: settings, addresses, the ASGI application."""
