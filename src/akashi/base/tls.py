"""
Mutual TLS 1.3 for every hop: both sides show a certificate of the hop authority, nothing older is spoken.

The key exchange is X25519 where the system's OpenSSL has no post-quantum group; that is accepted because what travels is
sealed end to end with a hybrid KEM (docs/decisions/0004).
"""

from __future__ import annotations

import ssl

from akashi.base.config import ConfigRefused, TlsConfig


def server_context(tls: TlsConfig) -> ssl.SSLContext:
    """
    Return the context of a listener that demands a client certificate.

    Raises:
        ConfigRefused: a file is missing, unreadable or not a matching pair.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    return _finish(context, tls)


def client_context(tls: TlsConfig) -> ssl.SSLContext:
    """
    Return the context of a caller; the callee's DNS name is checked against its certificate.

    Raises:
        ConfigRefused: a file is missing, unreadable or not a matching pair.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = True
    return _finish(context, tls)


def _finish(context: ssl.SSLContext, tls: TlsConfig) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_cert_chain(tls.certificate, tls.key)
        context.load_verify_locations(tls.authority)
    except (OSError, ssl.SSLError) as error:
        raise ConfigRefused(
            f"tls: {tls.certificate}, {tls.key} and {tls.authority} cannot be used together ({error}); "
            "run as the server's own user, with the files that `akashi up` made"
        ) from None
    if tls.key_log:
        context.keylog_filename = tls.key_log
    return context
