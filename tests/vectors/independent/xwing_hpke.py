"""
X-Wing and HPKE written from draft-connolly-cfrg-xwing-kem and RFC 9180, for test vectors only.

Everything that a sealer could get wrong is a parameter, so that a vector can hold exactly one mistake.
Uses from `cryptography` only X25519 and the AEADs, never its HPKE.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from vectors.independent import mlkem768

XWING_LABEL = bytes.fromhex("5c2e2f2f5e5c")
ENC_BYTES = mlkem768.CIPHERTEXT_BYTES + 32


@dataclass(frozen=True)
class KeyPair:
    """An X-Wing key as Akashi stores it: 64-byte ML-KEM seed, 32-byte X25519 key."""

    secret: bytes
    public: bytes

    @property
    def x25519(self) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(self.secret[64:])

    @property
    def expanded(self) -> bytes:
        return mlkem768.keygen(self.secret[:64])[1]


def key_pair(secret: bytes) -> KeyPair:
    """Return the key pair of the 96 secret bytes."""
    x25519 = X25519PrivateKey.from_private_bytes(secret[64:]).public_key().public_bytes_raw()
    return KeyPair(secret, mlkem768.keygen(secret[:64])[0] + x25519)


def combine(ss_m: bytes, ss_x: bytes, ct_x: bytes, pk_x: bytes) -> bytes:
    """The X-Wing combiner."""
    return hashlib.sha3_256(ss_m + ss_x + ct_x + pk_x + XWING_LABEL).digest()


def encapsulate(public: bytes, seed: bytes) -> tuple[bytes, bytes]:
    """Return (enc, shared secret) for the 64-byte seed: 32 for ML-KEM, 32 for X25519."""
    ct_m, ss_m = mlkem768.encaps(public[:-32], seed[:32])
    ephemeral = X25519PrivateKey.from_private_bytes(seed[32:])
    ct_x = ephemeral.public_key().public_bytes_raw()
    ss_x = ephemeral.exchange(X25519PublicKey.from_public_bytes(public[-32:]))
    return ct_m + ct_x, combine(ss_m, ss_x, ct_x, public[-32:])


def decapsulate(key: KeyPair, enc: bytes) -> bytes:
    """Return the shared secret."""
    ct_x = enc[-32:]
    ss_x = key.x25519.exchange(X25519PublicKey.from_public_bytes(ct_x))
    return combine(mlkem768.decaps(key.expanded, enc[:-32]), ss_x, ct_x, key.public[-32:])


@dataclass(frozen=True)
class Suite:
    """Everything that goes into the key schedule beside secret and info."""

    mode: int = 0
    kem: int = 0x647A
    kdf: int = 1
    aead: int = 2
    hash_name: str = "sha256"
    key_bytes: int = 32
    psk: bytes = b""
    psk_id: bytes = b""
    aad: bytes = b""
    counter: int = 0

    @property
    def suite_id(self) -> bytes:
        return b"HPKE" + b"".join(value.to_bytes(2, "big") for value in (self.kem, self.kdf, self.aead))

    def _extract(self, salt: bytes, label: bytes, value: bytes) -> bytes:
        size = hashlib.new(self.hash_name).digest_size
        return hmac.digest(salt or bytes(size), b"HPKE-v1" + self.suite_id + label + value, self.hash_name)

    def _expand(self, secret: bytes, label: bytes, context: bytes, length: int) -> bytes:
        info = length.to_bytes(2, "big") + b"HPKE-v1" + self.suite_id + label + context
        out, block, number = b"", b"", 1
        while len(out) < length:
            block = hmac.digest(secret, block + info + bytes([number]), self.hash_name)
            out += block
            number += 1
        return out[:length]

    def schedule(self, shared_secret: bytes, info: bytes) -> tuple[bytes, bytes]:
        """Return (key, nonce): RFC 9180 section 5.1."""
        context = bytes([self.mode]) + self._extract(b"", b"psk_id_hash", self.psk_id) + self._extract(b"", b"info_hash", info)
        secret = self._extract(shared_secret, b"secret", self.psk)
        key = self._expand(secret, b"key", context, self.key_bytes)
        base_nonce = self._expand(secret, b"base_nonce", context, 12)
        nonce = int.from_bytes(base_nonce, "big") ^ self.counter
        return key, nonce.to_bytes(12, "big")


AKASHI = Suite()
"""The one suite of the protocol."""
AES_128 = replace(AKASHI, aead=1, key_bytes=16)
CHACHA20 = replace(AKASHI, aead=3)
SHA_512 = replace(AKASHI, kdf=3, hash_name="sha512")
OLD_KEM_ID = replace(AKASHI, kem=0x0050)
PSK_MODE = replace(AKASHI, mode=1, psk=bytes(range(32)), psk_id=b"akashi")
WITH_AAD = replace(AKASHI, aad=b"akashi")
SECOND_MESSAGE = replace(AKASHI, counter=1)


def seal(padded: bytes, *, public: bytes, info: bytes, seed: bytes, suite: Suite = AKASHI) -> bytes:
    """Return enc ‖ ciphertext."""
    enc, shared_secret = encapsulate(public, seed)
    return enc + encrypt(padded, shared_secret, info=info, suite=suite)


def encrypt(padded: bytes, shared_secret: bytes, *, info: bytes, suite: Suite = AKASHI) -> bytes:
    """Return the ciphertext under the key schedule of `suite`."""
    key, nonce = suite.schedule(shared_secret, info)
    aead = ChaCha20Poly1305(key) if suite.aead == 3 else AESGCM(key)
    return aead.encrypt(nonce, padded, suite.aad)


def unseal(sealed: bytes, *, key: KeyPair, info: bytes) -> bytes:
    """Return the padded plaintext. Raises InvalidTag where the seal does not open."""
    aes_key, nonce = AKASHI.schedule(decapsulate(key, sealed[:ENC_BYTES]), info)
    return AESGCM(aes_key).decrypt(nonce, sealed[ENC_BYTES:], b"")
