"""The people: accounts, guests, sign-in, profile."""
