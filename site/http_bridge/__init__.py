"""Plain HTTP: Django's WSGI handler inside the ASGI application, with limits on what a client may send."""
