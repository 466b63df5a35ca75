"""Command line and one start per server: the only place with the real clock, the environment and the sockets."""
