"""
The sealed envelope: keys, signatures, seals, and the signed directory of public keys.

`keys` · `signing` · `seal` · `unseal` (only the two ends, and center/validity for its own part, may import it) · `directory`
· `paper_trust` (trust list and void list for who checks paper)
· `padding` and `context` (what both sides of a seal share) · `errors`. Source: docs/spec/protocol.md sections 2 and 3.
"""
