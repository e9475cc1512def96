"""The command that makes calls findable anew."""

from collections.abc import Callable

import pytest
from django.core.management import call_command

from calls.models import Call, Party, Reference, Spoken
from calls.search import read_text
from tests.calls.search.conftest import dialog

pytestmark = pytest.mark.django_db


def test_calls_are_found_again_after_all_that_finds_them_was_lost(
    say: Callable[..., Call], capsys: pytest.CaptureFixture[str]
) -> None:
    say("a", caller="13100001111", details={"task_id": "t-1"}, dialog=dialog(("您好", "人工")))
    say("b", caller="13100002222")
    before = [sorted(map(repr, model.objects.values())) for model in (Party, Reference, Spoken)]
    for model in (Party, Reference, Spoken):
        model.objects.all().delete()
    Party.objects.create(
        call=Call.objects.get(call_id="a"), key="1", mirror="1", occurred_at="2026-01-01T00:00Z"
    )

    call_command("rebuild_search")

    after = [sorted(map(repr, model.objects.values())) for model in (Party, Reference, Spoken)]
    assert after == before
    assert "2 calls" in capsys.readouterr().out
    assert [call.call_id for call in read_text("number:13100001111 said:人工").rows()] == ["a"]
