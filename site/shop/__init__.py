"""The sample business: orders, placed by anybody with an account and seen to by staff."""
