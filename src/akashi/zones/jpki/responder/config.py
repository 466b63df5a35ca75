"""Settings of jpki/responder."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from akashi.base.config import FilePath, ServerConfig


class GenerationConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    Files of one generation of the test CA.

    Attributes:
        authority: the generation's certificate, PEM.
        certificate: the responder certificate that it issued, PEM.
        key: the responder's private key, PEM.
    """

    authority: FilePath
    certificate: FilePath
    key: FilePath


class ServiceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    What the service is told.

    Attributes:
        answer_ms: how long an answer counts, in milliseconds.
    """

    answer_ms: Annotated[int, Meta(ge=1_000, le=86_400_000)] = 300_000


class FilesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    Files of the server.

    Attributes:
        generations: one per generation of the test CA; read at the start.
        state: what is revoked; read again when it changes.
    """

    generations: Annotated[list[GenerationConfig], Meta(min_length=1)]
    state: FilePath


class Config(ServerConfig, frozen=True, kw_only=True):
    """The whole TOML of this server."""

    files: FilesConfig
    service: ServiceConfig = ServiceConfig()
