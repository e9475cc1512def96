"""Before a number is erased: looking, asking, refusing."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management.base import CommandError

from calls.models import Hold
from tests.vendors.erasing.conftest import NUMBER, erase, in_database
from vendors.models import Erasure

pytestmark = pytest.mark.django_db


def test_a_dry_run_counts_by_place_and_changes_nothing(
    portal: SimpleNamespace, tmp_path: Path
) -> None:
    before = in_database()

    said = erase(NUMBER, "--dry-run", "--report", str(tmp_path / "report"))

    assert in_database() == before
    for place in ("calls_call.caller", "vendors_push.body", "calls_turn.text_customer", "bills"):
        assert place in said
    assert NUMBER not in said
    assert (tmp_path / "report").read_text().strip() == said.strip()
    assert not Erasure.objects.exists()


def test_a_call_that_is_held_stops_it(portal: SimpleNamespace) -> None:
    Hold.objects.create(call=portal.call, by="ann")

    with pytest.raises(CommandError, match="1 of its calls are held"):
        erase(NUMBER, "--yes")

    assert not Erasure.objects.exists()


def test_it_asks_for_the_number_once_more(
    portal: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda _words: "yes")

    with pytest.raises(CommandError, match="Nothing was erased"):
        erase(NUMBER)

    assert not Erasure.objects.exists()


@pytest.mark.parametrize("words", ["", "86****1111", "12345", "somebody"])
def test_what_is_no_whole_number_is_not_erased(words: str) -> None:
    with pytest.raises(CommandError):
        erase(words, "--yes")
