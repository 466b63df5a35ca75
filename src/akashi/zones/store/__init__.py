"""The store: the copier and its kiosk."""
