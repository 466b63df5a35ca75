"""The two databases of the register behind one door: SQLite, embedded, and PostgreSQL."""
