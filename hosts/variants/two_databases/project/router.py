APART = {"polls", "tasks"}


class Router:
    def db_for_read(self, model, **hints):
        return "other" if model._meta.app_label in APART else None

    db_for_write = db_for_read

    def allow_migrate(self, db, app_label, **hints):
        return (db == "other") == (app_label in APART)
