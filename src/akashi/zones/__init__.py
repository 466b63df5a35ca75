"""One folder a network segment, inside it one folder a server process. Zones meet only on the wire."""
