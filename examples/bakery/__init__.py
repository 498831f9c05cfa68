"""A background job with a bar: bread is baked while everybody who started it sees how far it is."""
