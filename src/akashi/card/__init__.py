"""The citizen's My Number card: suites, commands, client, readers, and a card in software for made-up cities."""
