# The project loads an htmx of its own, and uses it.
PARLOUR = {"HTMX": "host"}
