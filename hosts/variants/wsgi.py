# No sockets at all: Django's own development server, which speaks WSGI.
INSTALLED_APPS.remove("daphne")
