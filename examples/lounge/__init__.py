"""A page that shows who has it open."""
