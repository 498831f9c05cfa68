# What `startproject` makes, and nothing else: auth.User, SQLite, no channel layer.
