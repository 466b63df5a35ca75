"""
ML-KEM-768 written from FIPS 203, for test vectors only: slow, not constant-time, and with the randomness passed in.

It exists because the vectors must come from code that shares nothing with the product's library, and must be reproducible.
`test_independent.py` checks it against `pqcrypto` both ways. Names follow FIPS 203.
"""

from __future__ import annotations

import hashlib

Q = 3329
N = 256
K = 3
ETA = 2
DU = 10
DV = 4
PUBLIC_BYTES = 384 * K + 32
CIPHERTEXT_BYTES = 32 * (DU * K + DV)

Poly = list[int]


def _bit_reverse_7(value: int) -> int:
    return int(f"{value:07b}"[::-1], 2)


ZETAS = [pow(17, _bit_reverse_7(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * _bit_reverse_7(i) + 1, Q) for i in range(128)]


def _ntt(poly: Poly) -> Poly:
    """FIPS 203 algorithm 9."""
    f = list(poly)
    i = 1
    length = 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            zeta = ZETAS[i]
            i += 1
            for j in range(start, start + length):
                t = zeta * f[j + length] % Q
                f[j + length] = (f[j] - t) % Q
                f[j] = (f[j] + t) % Q
        length //= 2
    return f


def _ntt_inverse(poly: Poly) -> Poly:
    """FIPS 203 algorithm 10."""
    f = list(poly)
    i = 127
    length = 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            zeta = ZETAS[i]
            i -= 1
            for j in range(start, start + length):
                t = f[j]
                f[j] = (t + f[j + length]) % Q
                f[j + length] = zeta * (f[j + length] - t) % Q
        length *= 2
    return [value * 3303 % Q for value in f]


def _multiply(f: Poly, g: Poly) -> Poly:
    """FIPS 203 algorithms 11 and 12."""
    h = [0] * N
    for i in range(128):
        a0, a1, b0, b1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        h[2 * i] = (a0 * b0 + a1 * b1 * GAMMAS[i]) % Q
        h[2 * i + 1] = (a0 * b1 + a1 * b0) % Q
    return h


def _add(f: Poly, g: Poly) -> Poly:
    return [(a + b) % Q for a, b in zip(f, g, strict=True)]


def _inner(left: list[Poly], right: list[Poly]) -> Poly:
    total = [0] * N
    for f, g in zip(left, right, strict=True):
        total = _add(total, _multiply(f, g))
    return total


def _encode(poly: Poly, bits: int) -> bytes:
    """FIPS 203 algorithm 5."""
    packed = sum(value << (bits * i) for i, value in enumerate(poly))
    return packed.to_bytes(32 * bits, "little")


def _decode(data: bytes, bits: int) -> Poly:
    """FIPS 203 algorithm 6, without the reduction."""
    packed = int.from_bytes(data, "little")
    return [(packed >> (bits * i)) & ((1 << bits) - 1) for i in range(N)]


def _compress(poly: Poly, bits: int) -> Poly:
    return [((value << bits) + Q // 2) // Q % (1 << bits) for value in poly]


def _decompress(poly: Poly, bits: int) -> Poly:
    return [(value * Q + (1 << (bits - 1))) >> bits for value in poly]


def _sample_ntt(rho: bytes, j: int, i: int) -> Poly:
    """FIPS 203 algorithm 7. 1,344 bytes give too few coefficients with a chance below 2**-100."""
    stream = hashlib.shake_128(rho + bytes([j, i])).digest(1344)
    values: Poly = []
    for at in range(0, len(stream), 3):
        c0, c1, c2 = stream[at : at + 3]
        values += [d for d in (c0 + 256 * (c1 % 16), c1 // 16 + 16 * c2) if d < Q]
    return values[:N]


def _sample_cbd(seed: bytes, nonce: int) -> Poly:
    """FIPS 203 algorithm 8 over PRF_2; eta1 = eta2 = 2 in this parameter set."""
    stream = hashlib.shake_256(seed + bytes([nonce])).digest(64 * ETA)
    bits = int.from_bytes(stream, "little")

    def bit(at: int) -> int:
        return bits >> at & 1

    return [(bit(4 * i) + bit(4 * i + 1) - bit(4 * i + 2) - bit(4 * i + 3)) % Q for i in range(N)]


def _matrix(rho: bytes) -> list[list[Poly]]:
    return [[_sample_ntt(rho, j, i) for j in range(K)] for i in range(K)]


def keygen(seed: bytes) -> tuple[bytes, bytes]:
    """Return (public key, expanded private key) for the 64-byte seed d ‖ z: FIPS 203 algorithms 13 and 16."""
    d, z = seed[:32], seed[32:]
    g = hashlib.sha3_512(d + bytes([K])).digest()
    rho, sigma = g[:32], g[32:]
    a_hat = _matrix(rho)
    s_hat = [_ntt(_sample_cbd(sigma, n)) for n in range(K)]
    e_hat = [_ntt(_sample_cbd(sigma, K + n)) for n in range(K)]
    t_hat = [_add(_inner(a_hat[i], s_hat), e_hat[i]) for i in range(K)]
    ek = b"".join(_encode(t, 12) for t in t_hat) + rho
    dk = b"".join(_encode(s, 12) for s in s_hat)
    return ek, dk + ek + hashlib.sha3_256(ek).digest() + z


def _encrypt(ek: bytes, m: bytes, r: bytes) -> bytes:
    """FIPS 203 algorithm 14."""
    t_hat = [_decode(ek[384 * i : 384 * (i + 1)], 12) for i in range(K)]
    a_hat = _matrix(ek[384 * K :])
    y_hat = [_ntt(_sample_cbd(r, n)) for n in range(K)]
    u = [_add(_ntt_inverse(_inner([a_hat[j][i] for j in range(K)], y_hat)), _sample_cbd(r, K + i)) for i in range(K)]
    v = _add(_add(_ntt_inverse(_inner(t_hat, y_hat)), _sample_cbd(r, 2 * K)), _decompress(_decode(m, 1), 1))
    return b"".join(_encode(_compress(poly, DU), DU) for poly in u) + _encode(_compress(v, DV), DV)


def encaps(ek: bytes, m: bytes) -> tuple[bytes, bytes]:
    """Return (ciphertext, shared secret) for the 32 random bytes `m`: FIPS 203 algorithm 17."""
    g = hashlib.sha3_512(m + hashlib.sha3_256(ek).digest()).digest()
    return _encrypt(ek, m, g[32:]), g[:32]


def decaps(dk: bytes, c: bytes) -> bytes:
    """Return the shared secret: FIPS 203 algorithms 15 and 18, implicit rejection included."""
    dk_pke, ek, h, z = dk[: 384 * K], dk[384 * K : 384 * K + PUBLIC_BYTES], dk[-64:-32], dk[-32:]
    step = 32 * DU
    u = [_decompress(_decode(c[step * i : step * (i + 1)], DU), DU) for i in range(K)]
    v = _decompress(_decode(c[step * K :], DV), DV)
    s_hat = [_decode(dk_pke[384 * i : 384 * (i + 1)], 12) for i in range(K)]
    w = [(a - b) % Q for a, b in zip(v, _ntt_inverse(_inner(s_hat, [_ntt(poly) for poly in u])), strict=True)]
    m = _encode(_compress(w, 1), 1)
    g = hashlib.sha3_512(m + h).digest()
    if _encrypt(ek, m, g[32:]) != c:
        return hashlib.shake_256(z + c).digest(32)
    return g[:32]
