"""
The tamper-evident ledger: an RFC 6962 tree over an append-only file, with C2SP signed checkpoints.

`tree` hashing · `checkpoint` signed notes · `sign` makes them (only the vault may) · `batches` the file's form ·
`entries` what a leaf is · `append` the durable writer · `verify` the stand-alone checker for anyone who holds a copy.
"""
