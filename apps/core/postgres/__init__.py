"""Django's Postgres backend with two additions that money needs."""
