"""Notes on boards, as a log: the third kind of live part."""
