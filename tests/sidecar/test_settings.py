"""Settings come from the environment, and a wrong one is named."""

from pathlib import Path

import pytest

from sidecar.errors import CallerError
from sidecar.settings import Settings, read_settings


def test_the_environment_is_read_and_the_command_line_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AISCORE_HOME", str(tmp_path / "a"))
    monkeypatch.setenv("AISCORE_MAX_ROWS", "7")
    assert read_settings().home == tmp_path / "a"
    found = read_settings(home=tmp_path / "b", bind=None)
    assert (found.home, found.max_rows, found.bind) == (tmp_path / "b", 7, "127.0.0.1:8765")


def test_a_home_may_be_written_with_a_tilde(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("AISCORE_HOME", raising=False)
    assert read_settings().home == tmp_path / ".aiscore"


@pytest.mark.parametrize(
    ("name", "value"),
    [("MAX_ROWS", "many"), ("MAX_REQUESTS", "0"), ("TICKET_SECRET", "short"), ("BODY_TIMEOUT_S", "1e9")],
)
def test_a_wrong_one_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"AISCORE_{name}", value)
    with pytest.raises(CallerError) as caught:
        read_settings()
    assert f"AISCORE_{name}" in str(caught.value)
    assert name != "TICKET_SECRET" or value not in str(caught.value)


def test_a_secret_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISCORE_TICKET_SECRET", "s3cret" * 10)
    assert "s3cret" not in repr(read_settings())


@pytest.mark.parametrize("bind", ["127.0.0.1:1", "localhost:8765", "[::1]:8765", "127.5.5.5:8765"])
def test_loopback_needs_no_certificate(tmp_path: Path, bind: str) -> None:
    Settings(home=tmp_path, bind=bind).check_serving()


@pytest.mark.parametrize("bind", ["", "8765", ":8765", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:http"])
def test_an_address_is_host_and_port(tmp_path: Path, bind: str) -> None:
    with pytest.raises(CallerError, match="host:port"):
        Settings(home=tmp_path, bind=bind).check_serving()


def test_off_loopback_a_certificate_is_enough(tmp_path: Path) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("x")
    Settings(
        home=tmp_path, bind="0.0.0.0:8765", tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem"
    ).check_serving()
