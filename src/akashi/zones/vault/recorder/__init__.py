"""vault/recorder: sole writer of the tamper-evident ledger; refuses intents of what a contradiction stopped."""
