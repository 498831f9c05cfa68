"""Notes: several people write one page, block by block."""
