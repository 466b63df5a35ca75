"""
The two kinds of private key, and the public half of the sealing kind.

Promises: a private key shows nothing of itself in a log, an error or a pickle; only `to_bytes`, called by name, gives it out.
Trusts: the operating system's random numbers where `generate` is used.
Source: docs/spec/protocol.md sections 2.1 and 3.4; draft-connolly-cfrg-xwing-kem (layout of the public key).
"""

from __future__ import annotations

import secrets
from functools import lru_cache
from typing import NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey

from akashi.wire import transcript
from akashi.wire.codec import Malformed

MLKEM_SEED_BYTES = 64
MLKEM_PUBLIC_BYTES = 1184
X25519_BYTES = 32
SEAL_PRIVATE_BYTES = MLKEM_SEED_BYTES + X25519_BYTES
SEAL_PUBLIC_BYTES = MLKEM_PUBLIC_BYTES + X25519_BYTES
SIGN_BYTES = 32
"""Length of an Ed25519 private key, and of a public one."""
_PUBLIC_REMEMBERED_MAX = 256


class _Secret:
    """What private keys share: a name that is public, and no way out by accident."""

    __slots__ = ("key_id", "public_bytes")

    public_bytes: bytes
    key_id: bytes

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.key_id.hex()}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        # Also stops copy and deepcopy. TypeError, not Refused: a pickled key is a bug, and this is pickle's own word for no.
        raise TypeError(f"{type(self).__name__} is not picklable: it is a secret")


class SealPrivateKey(_Secret):
    """
    An X-Wing private key (ML-KEM-768 and X25519): what a seal is opened with.

    Attributes:
        public_bytes: 1,216 bytes: ML-KEM-768 (1,184), then X25519 (32).
        key_id: 8 bytes.
        composite: the key as the HPKE implementation wants it; only `unseal` uses it.
    """

    __slots__ = ("_seed", "composite")

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        mlkem = MLKEM768PrivateKey.from_seed_bytes(seed[:MLKEM_SEED_BYTES])
        x25519 = X25519PrivateKey.from_private_bytes(seed[MLKEM_SEED_BYTES:])
        self.composite = MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public_bytes = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        self.key_id = transcript.key_id(self.public_bytes)

    @classmethod
    def generate(cls) -> SealPrivateKey:
        """Return a fresh key."""
        return cls(secrets.token_bytes(SEAL_PRIVATE_BYTES))

    @classmethod
    def from_bytes(cls, secret_bytes: bytes) -> SealPrivateKey:
        """
        Return the key that `to_bytes` gave out; any 96 random bytes are a key, too.

        Args:
            secret_bytes: 96 bytes: the ML-KEM-768 seed d ‖ z (64), then the X25519 private key (32).

        Raises:
            Malformed: not 96 bytes.
        """
        if len(secret_bytes) != SEAL_PRIVATE_BYTES:
            raise Malformed("SealPrivateKey: wrong length")
        return cls(bytes(secret_bytes))

    def to_bytes(self) -> bytes:
        """Return the 96 secret bytes, for the key file and nothing else."""
        return self._seed


class SigningKey(_Secret):
    """
    An Ed25519 private key. Sign with `akashi.sealing.signing`, which labels what is signed.

    Attributes:
        public_bytes: 32 bytes.
        key_id: 8 bytes.
        ed25519: the key as the signature implementation wants it; only `signing` uses it.
    """

    __slots__ = ("_seed", "ed25519")

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self.ed25519 = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_bytes = self.ed25519.public_key().public_bytes_raw()
        self.key_id = transcript.key_id(self.public_bytes)

    @classmethod
    def generate(cls) -> SigningKey:
        """Return a fresh key."""
        return cls(secrets.token_bytes(SIGN_BYTES))

    @classmethod
    def from_bytes(cls, secret_bytes: bytes) -> SigningKey:
        """
        Return the key that `to_bytes` gave out; any 32 random bytes are a key, too.

        Raises:
            Malformed: not 32 bytes.
        """
        if len(secret_bytes) != SIGN_BYTES:
            raise Malformed("SigningKey: wrong length")
        return cls(bytes(secret_bytes))

    def to_bytes(self) -> bytes:
        """Return the 32 secret bytes, for the key file and nothing else."""
        return self._seed


@lru_cache(maxsize=_PUBLIC_REMEMBERED_MAX)
def parse_seal_public(untrusted_public: bytes) -> MLKEM768X25519PublicKey:
    """
    Return the public key that the 1,216 bytes hold. A key is used several times: the latest are remembered.

    Raises:
        Malformed: another length, or not an ML-KEM-768 key (a coefficient is not reduced, FIPS 203 section 7.2).
    """
    if len(untrusted_public) != SEAL_PUBLIC_BYTES:
        raise Malformed("public sealing key: wrong length")
    try:
        mlkem = MLKEM768PublicKey.from_public_bytes(untrusted_public[:MLKEM_PUBLIC_BYTES])
        x25519 = X25519PublicKey.from_public_bytes(untrusted_public[MLKEM_PUBLIC_BYTES:])
    except ValueError:
        raise Malformed("public sealing key: not a key") from None
    return MLKEM768X25519PublicKey(mlkem, x25519)
