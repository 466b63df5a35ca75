"""The seal register's schema on SQLite and PostgreSQL."""
