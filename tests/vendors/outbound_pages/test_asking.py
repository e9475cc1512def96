"""Asking."""

from html import unescape

import pytest
import time_machine
from django.test import Client

from tests.vendors.outbound_pages.conftest import (
    CALLBACK,
    CODE,
    VERIFICATION,
    form_of,
    hidden,
    typed,
    value_of,
)
from vendors.models import (
    NeverCall,
    OutboundRequest,
    VendorAccount,
)

pytestmark = pytest.mark.django_db


def test_a_call_is_asked_for_only_after_it_was_confirmed(
    agent: Client, account: VendorAccount, rings: list[None]
) -> None:
    confirmation = agent.post(form_of("voice_callback"), typed(CALLBACK))

    shown = unescape(confirmation.content.decode())
    assert "+8613100001111 rings first" in shown
    assert OutboundRequest.objects.count() == 0
    assert rings == []


def test_a_confirmation_that_is_sent_twice_is_one_request(
    agent: Client, account: VendorAccount, rings: list[None]
) -> None:
    confirmation = agent.post(form_of("voice_callback"), typed(CALLBACK))
    fields = hidden(confirmation) | {"do": "ask"}

    first = agent.post(form_of("voice_callback"), fields)
    second = agent.post(form_of("voice_callback"), fields)

    request = OutboundRequest.objects.get()
    assert first["Location"] == second["Location"] == request.get_absolute_url()
    assert request.parameters | CALLBACK == request.parameters
    assert request.asked_by_name.startswith("agent")
    assert rings


def test_each_confirmation_is_a_call_of_its_own(agent: Client, account: VendorAccount) -> None:
    keys = {hidden(agent.post(form_of("voice_callback"), typed(CALLBACK)))["key"] for _ in range(2)}

    assert len(keys) == 2


def test_a_confirmation_used_again_with_other_numbers_asks_nothing(
    agent: Client, account: VendorAccount
) -> None:
    fields = hidden(agent.post(form_of("voice_callback"), typed(CALLBACK))) | {"do": "ask"}
    agent.post(form_of("voice_callback"), fields)

    response = agent.post(
        form_of("voice_callback"), fields | {"p.calleeNbr": "+8613100009999"}, follow=True
    )

    assert OutboundRequest.objects.count() == 1
    assert "was used already" in response.content.decode()


@pytest.mark.parametrize("key", ["", "x" * 129, "a\nb"])
def test_nothing_is_asked_without_a_key_of_ours(
    agent: Client, account: VendorAccount, key: str
) -> None:
    response = agent.post(form_of("voice_callback"), typed(CALLBACK) | {"do": "ask", "key": key})

    assert OutboundRequest.objects.count() == 0
    assert "Place this call?" in response.content.decode()


def test_what_is_wrong_is_said_at_the_top_and_beside_its_field(
    agent: Client, account: VendorAccount
) -> None:
    given = typed(CALLBACK) | {"p.calleeNbr": "13100002222"}

    shown = unescape(agent.post(form_of("voice_callback"), given).content.decode())

    assert '<a href="#p-calleeNbr">Called number</a>' in shown
    assert shown.count("was +8613100002222 meant?") == 2
    assert value_of(shown, "p.calleeNbr") == "13100002222"
    assert value_of(shown, "p.callerNbr") == "+8613100001111"


def test_what_is_wrong_in_a_block_is_said_in_that_block(
    agent: Client, account: VendorAccount
) -> None:
    given = {
        "p.displayNbr": "+8675528000001",
        "p.calleeNbr": "+8613100002222",
        "p.playInfoList[0].notifyVoice": "right.wav",
        "p.playInfoList[3].notifyVoice": "wrong.mp3",  # blocks left empty close up
    }

    shown = unescape(agent.post(form_of("voice_notification"), given).content.decode())

    assert '<a href="#p-playInfoList-1-notifyVoice">Audio file</a>' in shown
    assert value_of(shown, "p.playInfoList[1].notifyVoice") == "wrong.mp3"


def test_another_block_is_added_without_a_script(agent: Client, account: VendorAccount) -> None:
    given = {"do": "add:playInfoList", "p.playInfoList[0].notifyVoice": "first.wav"}

    shown = agent.post(form_of("voice_notification"), given).content.decode()

    assert value_of(shown, "p.playInfoList[0].notifyVoice") == "first.wav"
    assert value_of(shown, "p.playInfoList[1].notifyVoice") == ""
    assert "p.playInfoList[2]" not in shown


def test_blocks_and_lines_reach_the_vendor_as_lists(agent: Client, account: VendorAccount) -> None:
    given = {
        "p.displayNbr": "+8675528000001",
        "p.calleeNbr": "+8613100002222",
        "p.playInfoList[0].templateId": "t1",
        "p.playInfoList[0].templateParas": "three\r\nMarch\r\n",
    }
    confirmation = agent.post(form_of("voice_notification"), given)

    agent.post(form_of("voice_notification"), hidden(confirmation) | {"do": "ask"})

    played = OutboundRequest.objects.get().parameters["playInfoList"]
    assert played == [{"templateId": "t1", "templateParas": ["three", "March"]}]


def test_a_rule_of_the_portal_is_said_before_anybody_confirms(
    agent: Client, account: VendorAccount
) -> None:
    NeverCall.objects.create(number="+8613100002222", key="8613100002222", added_by="x")

    shown = unescape(agent.post(form_of("voice_callback"), typed(CALLBACK)).content.decode())

    assert "never called" in shown
    assert "Place this call?" not in shown


@time_machine.travel("2026-11-01T15:00:00Z", tick=False)  # eleven at night in Shanghai
def test_in_quiet_hours_a_call_is_refused_or_waits_as_was_ticked(
    agent: Client, account: VendorAccount
) -> None:
    account.options["quiet_hours"] = "21:00-09:00"
    account.save(update_fields=["options"])

    refused = agent.post(form_of("voice_callback"), typed(CALLBACK)).content.decode()
    waits = agent.post(form_of("voice_callback"), typed(CALLBACK) | {"wait_for_hours": "on"})

    assert "makes no calls at this hour" in refused
    assert "2026-11-02 09:00:00" in waits.content.decode()


def test_a_secret_is_never_on_a_page_except_in_the_field_that_confirms_it(
    agent: Client, account: VendorAccount
) -> None:
    address = form_of("voice_verification")
    confirmation = agent.post(address, typed(VERIFICATION))
    fields = hidden(confirmation)

    changed = agent.post(address, fields | {"do": "change"})
    wrong = agent.post(address, typed(VERIFICATION | {"calleeNbr": "1"}))
    asked = agent.post(address, fields | {"do": "ask"}, follow=True)
    again = agent.get(f"{address}?like={OutboundRequest.objects.get().pk}&p.verifyCode={CODE}")

    assert confirmation.content.decode().count(CODE) == 1
    assert "no-store" in confirmation["Cache-Control"]
    assert fields["p.verifyCode"] == CODE
    for response in (changed, wrong, asked, again):
        assert CODE not in response.content.decode()
    assert "type it again" in changed.content.decode()
    assert "••••" in asked.content.decode()
