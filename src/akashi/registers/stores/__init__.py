"""The two databases of a register behind one door: SQLite, embedded, and PostgreSQL."""
