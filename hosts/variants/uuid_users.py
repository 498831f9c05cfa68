# Users with a UUID for a key.
INSTALLED_APPS = ["people", *INSTALLED_APPS]
AUTH_USER_MODEL = "people.Person"
