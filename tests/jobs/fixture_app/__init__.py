"""An app with tasks, for the processes that tests start."""
