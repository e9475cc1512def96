"""Real servers for tests: what is said where they are not installed."""

from pathlib import Path

import pytest

from tests import servers


@pytest.fixture
def _nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(servers, "DEBIANS", f"{tmp_path.name}-has-no-postgresql")


@pytest.mark.usefixtures("_nothing_installed")
def test_a_machine_without_postgresql_is_told_which_package_to_install() -> None:
    with (
        pytest.raises(servers.ServerMissingError, match="Debian's package postgresql"),
        servers.postgres(),
    ):
        pass


@pytest.mark.usefixtures("_nothing_installed")
def test_a_machine_without_redis_is_told_which_package_to_install() -> None:
    with (
        pytest.raises(servers.ServerMissingError, match="Debian's package redis-server"),
        servers.redis(),
    ):
        pass
