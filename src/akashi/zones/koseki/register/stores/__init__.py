"""Where the family register lies: its schema, and from a URL to a database with it."""
