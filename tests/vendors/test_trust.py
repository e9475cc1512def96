"""What is promised is asked for on the running portal, and shown with the day it was last tried."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from vendors import trials
from vendors.adapters.base import Outcome
from vendors.models import LedgerDay, Push, RefusedPush, Trial, TrialKind, VendorAccount
from vendors.registry import VENDORS
from vendors.trust import matrix


@pytest.fixture
def operator(admin_client: Client) -> Client:
    return admin_client


@pytest.mark.django_db(transaction=True)
def test_every_vendor_is_asked_for_every_answer_and_nothing_is_left_behind(
    live_server: Any, settings: Any
) -> None:
    settings.PUBLIC_URL = live_server.url
    out = io.StringIO()

    call_command("trust", stdout=out)

    assert "Every answer is what was promised" in out.getvalue()
    noted = {trial.name: trial for trial in trials.newest(TrialKind.ANSWERS)}
    assert noted.keys() == VENDORS.keys()
    assert all(trial.has_passed for trial in noted.values())
    assert noted["huawei"].figures == {
        "kept": "200",
        "kept, a repeat": "200",
        "unreadable": "200",
        "unknown address": "404",
        "address not allowed": "403",
        "not signed": "401",
        "too large": "413",
        "not POST": "405",
    }
    assert noted["yeta"].figures["not signed"] == "not offered"
    for model in (VendorAccount, Push, RefusedPush, LedgerDay):
        assert not model._default_manager.exists()


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_was_not_promised_is_told(
    live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PUBLIC_URL = live_server.url
    monkeypatch.setattr(matrix, "CASES", (matrix.Case(name="kept", expected=Outcome.KEPT),))
    monkeypatch.setattr(settings, "PUSH_LARGEST", 1)

    with pytest.raises(CommandError, match="Not what was promised: huawei, "):
        call_command("trust", stdout=io.StringIO())

    [trial] = Trial.objects.filter(name="yeta")
    assert not trial.has_passed
    assert trial.figures["kept"].startswith("expected 200, got 413")


@pytest.mark.django_db(transaction=True)
def test_a_portal_that_does_not_answer_is_told(settings: Any) -> None:
    with pytest.raises(CommandError):
        call_command("trust", url="http://127.0.0.1:1", stdout=io.StringIO())

    assert "no answer" in Trial.objects.first().figures["kept"]  # type: ignore[union-attr]


@pytest.mark.django_db
def test_the_page_of_a_new_portal_says_what_would_fill_it(operator: Client) -> None:
    page = operator.get("/trust/").content.decode()

    assert page.count("Nothing was tried on this portal yet.") == 3
    assert page.count("Never") == len(VENDORS)
    for command in ("./portal trust", "./portal bench faults", "./portal bench fuzz --seconds 60"):
        assert command in page


@pytest.mark.django_db
def test_the_page_shows_the_newest_of_each_trial(operator: Client) -> None:
    now = timezone.now()
    for has_passed in (False, True):
        trials.note(
            TrialKind.FAULT, "kill", has_passed=has_passed, figures={"lost": 0}, began_at=now
        )
    trials.note(TrialKind.LOAD, "fuzz", has_passed=False, figures={"inputs": 5}, began_at=now)

    page = operator.get("/trust/").content.decode()

    assert page.count("Did not hold") == 1
    assert page.count("Held") == 1
    assert "inputs" in page


@pytest.mark.django_db
def test_what_was_counted_is_text(operator: Client) -> None:
    figures = {"<b>name</b>": "<script>alert(1)</script>"}
    trials.note(
        TrialKind.LOAD, "<i>x</i>", has_passed=True, figures=figures, began_at=timezone.now()
    )

    page = operator.get("/trust/").content.decode()

    assert "<script>alert(1)" not in page
    assert "<i>x</i>" not in page
