"""Orders from a CSV file: read a row at a time, written in batches, watched while it happens."""
