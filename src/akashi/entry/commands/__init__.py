"""The commands of `akashi`, one module each."""
