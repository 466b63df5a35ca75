"""What every part may use and what uses nothing of ours: ports, configuration, logs, HTTP with mutual TLS."""
