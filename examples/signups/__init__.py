"""A bell: staff are alerted of everybody who signs up, on the site's pages and in Django's admin."""
