"""One TOML per server: good ones are read, everything else refuses with a sentence that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.base.config import ConfigRefused, ServerConfig, TlsConfig, load_config
from akashi.base.tls import client_context, server_context

GOOD = """
server = "center/relay"
listen = "127.0.0.1:7102"
[tls]
certificate = "a"
key = "b"
authority = "c"
[neighbours]
"lgwan/gateway" = "127.0.0.1:7104"
"""


def test_a_good_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(GOOD)
    config = load_config(path, ServerConfig)
    assert config.neighbours == {"lgwan/gateway": "127.0.0.1:7104"}
    assert (config.development, config.compute_workers, config.tls.key_log) == (False, 0, "")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (GOOD.replace("listen", "lisen"), "lisen"),
        (GOOD + "\n[more]\nkey = 1\n", "more"),
        (GOOD.replace('certificate = "a"\n', ""), "certificate"),
        (GOOD.replace('"127.0.0.1:7102"', "7102"), "listen"),
        ("[[[", "not TOML"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(content)
    with pytest.raises(ConfigRefused) as refused:
        load_config(path, ServerConfig)
    assert says in str(refused.value)
    assert str(path) in str(refused.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigRefused, match="cannot be read"):
        load_config(tmp_path / "absent.toml", ServerConfig)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_config_or_a_refusal(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "config.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigRefused):
        load_config(path, ServerConfig)


@pytest.mark.parametrize("make", [server_context, client_context])
def test_tls_files_that_do_not_fit(tmp_path: Path, make: type) -> None:
    for name in "abc":
        (tmp_path / name).write_text("no certificate")
    with pytest.raises(ConfigRefused, match="cannot be used together"):
        make(TlsConfig(certificate=str(tmp_path / "a"), key=str(tmp_path / "b"), authority=str(tmp_path / "c")))
    with pytest.raises(ConfigRefused):
        make(TlsConfig(certificate="absent", key="absent", authority="absent"))
