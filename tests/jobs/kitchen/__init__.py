"""An app with work that takes a while, for tests that run a worker of their own."""
