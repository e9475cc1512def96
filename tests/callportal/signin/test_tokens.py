"""API tokens: what they may be used for, how long, and when they were used."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from callportal.models import ApiToken

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ADDRESSES = ("/api/v1/calls/", "/api/v1/codes/", "/api/v1/figures/", "/api/v1/outbound/")


def token(*words: str) -> str:
    out = StringIO()
    call_command("token", *words, stdout=out)
    return out.getvalue().strip()


def heard(secret: str) -> dict[str, int]:
    client = Client(headers={"authorization": f"Token {secret}"})
    return {path.split("/")[3]: client.get(path).status_code for path in ADDRESSES}


@pytest.mark.parametrize(
    ("words", "opened"),
    [
        ([], {"calls", "codes", "figures"}),
        (["--masked"], {"calls", "codes", "figures"}),
        (["--figures"], {"figures"}),
        (["--outbound"], {"calls", "codes", "figures", "outbound"}),
    ],
)
def test_a_token_opens_what_its_scopes_say(words: list[str], opened: set[str]) -> None:
    secret = token("add", "report", *words)

    assert {name for name, status in heard(secret).items() if status == 200} == opened


def test_a_scope_takes_away_from_whatever_its_user_may_do(client: Client) -> None:
    row = ApiToken(name="root", user=User.objects.create_superuser("root"), scopes=["figures"])
    secret = row.renew()
    row.save()

    assert heard(secret) == {"calls": 403, "codes": 403, "figures": 200, "outbound": 403}
    row.user.refresh_from_db()
    assert row.user.is_superuser


def test_a_scope_gives_nothing_that_its_user_may_not_do() -> None:
    row = ApiToken(name="nobody", user=User.objects.create_user("nobody"))
    secret = row.renew()
    row.save()

    assert set(heard(secret).values()) == {403}


def test_figures_alone_are_nothing_else() -> None:
    with pytest.raises(CommandError, match="stands alone"):
        token("add", "report", "--figures", "--outbound")


def test_the_list_says_what_each_may_and_warns_before_one_ends() -> None:
    with time_machine.travel(NOON, tick=False):
        token("add", "soon", "--days", "6")
        token("add", "later", "--days", "90")
        lines = dict(line.split("  ", 1) for line in token("list").splitlines())

    assert "may: read, numbers" in lines["later"]
    assert "ends: 2026-11-26 (WARNING: 6 days left)" in lines["soon"]
    assert "WARNING" not in lines["later"]


def test_a_token_that_ends_soon_is_warned_of_once_a_day(caplog: Any) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        secret = token("add", "soon", "--days", "6")
        for minutes in (0, 2, 24 * 60):
            clock.shift(timedelta(minutes=minutes))
            heard(secret)

    assert [entry.message for entry in caplog.records].count("API token ends soon") == 2


def test_a_token_that_has_ended_opens_nothing() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        secret = token("add", "soon", "--days", "1")
        clock.shift(timedelta(days=1))

        assert set(heard(secret).values()) == {401}
