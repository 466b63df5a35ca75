"""The core LAN (基幹系LAN): registries."""
