"""core/residents: the resident register in the core LAN; answers about one person at a time, to the issuer only."""
