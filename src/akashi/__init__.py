"""Akashi (証): official certificates through servers of which no relay can read them, with evidence that it is so."""
