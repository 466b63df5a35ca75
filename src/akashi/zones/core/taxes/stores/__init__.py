"""The tax records' schema on SQLite and PostgreSQL."""
