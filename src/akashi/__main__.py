"""`python -m akashi`."""

from akashi.entry.cli import main

main()
