"""The koseki segment (戸籍系LAN), in the city hall."""
