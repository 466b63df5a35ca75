"""
Makes signed checkpoints. Only the vault may import this; whoever can import it still needs the key.

Promises: the private key has no repr and leaves this object only through signatures over checkpoints.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from akashi.ledger.checkpoint import Checkpoint, NoteKey, check_note_name, checkpoint_text
from akashi.ledger.errors import NoteMalformed

NOTE_KEY_BYTES = 32


class NoteSigner:
    """
    The ledger's note key.

    Args:
        name: name of key and ledger, such as "akashino.example/ledger".
        secret: 32 raw Ed25519 bytes.

    Raises:
        NoteMalformed: the name is not a note key name or the secret has another length.
    """

    __slots__ = ("_secret", "key")

    def __init__(self, name: str, secret: bytes) -> None:
        check_note_name(name)
        if len(secret) != NOTE_KEY_BYTES:
            raise NoteMalformed("note key: 32 bytes expected")
        self._secret = Ed25519PrivateKey.from_private_bytes(secret)
        self.key = NoteKey(name, self._secret.public_key().public_bytes_raw())

    def sign_checkpoint(self, checkpoint: Checkpoint) -> bytes:
        """Return 64 signature bytes over the checkpoint's text."""
        return self._secret.sign(checkpoint_text(checkpoint))
