"""Open-loop load on the running route: visitors come when they are due, not when the one before has been served."""
