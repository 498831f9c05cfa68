"""Stories told from outside: by browser, HTTP, raw sockets and SQL."""
