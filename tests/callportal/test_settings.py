"""Settings from the environment: what cannot be used stops the start with a sentence."""

import socket
import stat
from pathlib import Path

import pytest

from tests import starts


def start(folder: Path, command: str = "check", **given: str) -> starts.Done:
    """Run a command of the portal with these settings and no others."""
    return starts.manage(command, **{"DATA_DIR": str(folder), **given})


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "http", 'PORT: expected a whole number from 1 to 65535, got "http".'),
        ("PORT", "70000", 'PORT: expected a whole number from 1 to 65535, got "70000".'),
        ("PUBLIC_URL", "calls.example.com", "PUBLIC_URL: expected an address such as"),
        ("PUBLIC_URL", "https://calls.example.com/portal", "PUBLIC_URL: expected an address"),
        ("DATABASE_URL", "mysql://root@db/calls", "DATABASE_URL: expected postgres://"),
        ("REDIS_URL", "amqp://rabbit", "REDIS_URL: expected redis://host:port/number"),
        ("TIME_ZONE", "Asia/Atlantis", "TIME_ZONE: expected a time zone such as Asia/Shanghai"),
        ("CREDENTIALS_KEY", "secret", "CREDENTIALS_KEY: expected 32 random bytes"),
        ("WEB_WORKERS", "0", "WEB_WORKERS: expected a whole number from 1 to 64"),
        ("TRUSTED_PROXIES", "yes", "TRUSTED_PROXIES: expected a whole number from 0 to 10"),
        ("DEBUG", "maybe", 'DEBUG: expected true or false, got "maybe".'),
        ("DATA_DIR", "/proc/callportal", "DATA_DIR: /proc/callportal cannot be made"),
        ("SECRET_KEY_FILE", "/nowhere/key", "SECRET_KEY_FILE: cannot be read"),
        ("OIDC_URL", "http://login.example.com", "OIDC_URL: expected https://"),
        ("OIDC_URL", "https://login.example.com", "OIDC_CLIENT_ID: must be set where OIDC_URL is"),
        ("OIDC_ROLES", "agent", "OIDC_ROLES: expected words such as staff=agent"),
        ("OIDC_ONLY", "true", "OIDC_ONLY: nobody could sign in without OIDC_URL"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(
    tmp_path: Path, name: str, value: str, sentence: str
) -> None:
    done = start(tmp_path, **{name: value})

    assert done.returncode != 0
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    assert start(tmp_path).returncode == 0
    made = {name: (tmp_path / name).read_text() for name in ("secret_key", "credentials_key")}

    assert start(tmp_path).returncode == 0

    assert made == {name: (tmp_path / name).read_text() for name in made}
    assert made["secret_key"] != made["credentials_key"]
    for name in made:
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_setting_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "port").write_text("99999\n")

    done = start(tmp_path, PORT_FILE=str(tmp_path / "port"))

    assert 'got "99999"' in done.stderr


def test_a_password_in_a_wrong_address_is_not_repeated(tmp_path: Path) -> None:
    done = start(tmp_path, DATABASE_URL="mysql://root:hunter2@db/calls")

    assert "hunter2" not in done.stderr


def test_a_port_in_use_stops_the_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        done = start(tmp_path, "run", PORT=port)

    assert done.returncode != 0
    assert f"PORT: {port} is in use by another program." in done.stderr


def test_an_address_of_another_machine_stops_the_start(tmp_path: Path) -> None:
    done = start(tmp_path, "run", BIND="192.0.2.1")

    assert 'BIND: expected an address of this machine, got "192.0.2.1".' in done.stderr


def test_a_database_that_does_not_answer_stops_the_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    done = start(tmp_path, "run", DATABASE_URL=f"postgres://u:hunter2@127.0.0.1:{port}/calls")

    assert "DATABASE_URL: the database does not answer" in done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr


def test_with_https_no_other_host_can_set_a_cookie(tmp_path: Path) -> None:
    words = (
        "from django.conf import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME)"
    )

    done = starts.manage(
        "shell", "-c", words, DATA_DIR=str(tmp_path), PUBLIC_URL="https://calls.example"
    )

    assert done.stdout.split()[-2:] == ["__Host-sessionid", "__Host-csrftoken"]
