"""What a form begins with."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from calls.facts import Direction
from calls.models import Call
from tests.vendors.outbound_pages.conftest import (
    CALLBACK,
    VERIFICATION,
    form_of,
    hidden,
    page,
    typed,
    value_of,
)
from vendors import forms
from vendors.adapters.outbound import Choice, Complaint, Kind, Operation, Parameter
from vendors.fields import Field
from vendors.models import (
    OutboundRequest,
    RequestState,
    VendorAccount,
)
from vendors.permissions import ASK

pytestmark = pytest.mark.django_db


def test_a_form_begins_with_the_accounts_own_number(agent: Client, account: VendorAccount) -> None:
    shown = page(agent, form_of("voice_callback"))

    assert value_of(shown, "p.displayNbr") == "+8675528000001"
    assert '<option value="+8675528000002">' in shown


def test_an_account_without_saved_numbers_begins_with_those_of_the_last_time(
    agent: Client, account: VendorAccount, ask: Callable[..., OutboundRequest]
) -> None:
    account.options["display_numbers"] = ""
    account.save(update_fields=["options"])
    ask("voice_verification", VERIFICATION)

    shown = page(agent, form_of("voice_verification"))

    assert value_of(shown, "p.displayNbr") == "+8675528000001"
    assert value_of(shown, "p.preTone") == "before.wav"
    assert value_of(shown, "p.calleeNbr") == ""


@pytest.mark.parametrize(
    ("direction", "ours", "customer"),
    [
        (Direction.INBOUND, "+8675528000002", "+8613100007777"),
        (Direction.OUTBOUND, "+8613100007777", "+8675528000002"),
    ],
)
def test_a_call_back_goes_from_our_side_to_the_customer(
    agent: Client, say: Callable[..., Call], direction: Direction, ours: str, customer: str
) -> None:
    call = say("a", direction=direction, caller="+8613100007777", callee="+8675528000002")

    shown = page(agent, f"{form_of('voice_callback')}?from_call={call.pk}")

    assert value_of(shown, "p.callerNbr") == ours
    assert value_of(shown, "p.calleeNbr") == customer


def test_the_numbers_of_a_call_are_kept_from_those_who_may_not_see_calls(
    sign_in: Callable[..., Client], say: Callable[..., Call], ask: Callable[..., OutboundRequest]
) -> None:
    call, request = say("a", caller="+8613100007777"), ask()

    shown = page(sign_in(ASK), f"{form_of('voice_callback')}?from_call={call.pk}&like={request.pk}")

    assert "13100007777" not in shown
    assert "13100002222" not in shown


def test_a_repeat_begins_with_what_was_asked_and_knows_of_what_it_is_one(
    agent: Client, ask: Callable[..., OutboundRequest]
) -> None:
    failed = ask(parameters=CALLBACK | {"maxDuration": "30"}, state=RequestState.GIVEN_UP)
    shown = page(
        agent, f"{form_of('voice_callback')}?like={failed.pk}&p.calleeNbr=%2B8613100003333"
    )

    given = typed(CALLBACK) | {"like": str(failed.pk)}
    confirmation = agent.post(form_of("voice_callback"), given)
    agent.post(form_of("voice_callback"), hidden(confirmation) | {"do": "ask"})

    assert value_of(shown, "p.maxDuration") == "30"
    assert value_of(shown, "p.calleeNbr") == "+8613100003333"
    assert OutboundRequest.objects.latest("id").again_of == failed


def test_repeating_what_may_have_been_placed_is_warned_of(
    agent: Client, ask: Callable[..., OutboundRequest]
) -> None:
    unsure = ask(state=RequestState.UNCERTAIN, settled_at=timezone.now())

    assert "may be called twice" in page(agent, f"{form_of('voice_callback')}?like={unsure.pk}")


def test_another_account_brings_its_own_numbers(
    agent: Client, account: VendorAccount, make_account: Callable[..., VendorAccount]
) -> None:
    other = make_account(
        "huawei",
        "Other",
        app_key="a key",
        app_secret="a very secret secret",
        base_url="https://huawei.example",
        display_numbers="+8675528000009",
    )
    given = typed(CALLBACK) | {"account": str(other.pk)}

    changed = agent.post(form_of("voice_callback"), given | {"do": "account"}).content.decode()
    confirmation = unescape(agent.post(form_of("voice_callback"), given).content.decode())

    assert value_of(changed, "p.displayNbr") == "+8675528000009"
    assert value_of(changed, "p.calleeNbr") == "+8613100002222"
    assert "+8675528000001 is not among the numbers of the account Other" in confirmation


def test_an_account_says_which_setting_it_lacks(
    agent: Client, make_account: Callable[..., VendorAccount]
) -> None:
    make_account("huawei", "Half", app_key="a key")

    shown = page(agent, form_of("voice_callback"))

    assert "app_secret, base_url" in shown
    assert '<form class="card' not in shown


@pytest.mark.parametrize("operation", ["terminate_call", "unheard_of"])
def test_only_operations_that_dial_have_a_form(
    agent: Client, account: VendorAccount, operation: str
) -> None:
    assert agent.get(form_of(operation)).status_code == 404


def test_every_sort_of_parameter_has_its_field() -> None:
    def parameter(key: str, kind: Kind, **values: Any) -> Parameter:
        return Parameter(key=key, kind=kind, label_zh=key, label_en=key, **values)

    choices = (Choice(value="a", label_zh="甲", label_en="Aye"),)
    operation = Operation(
        key="made_up",
        label_zh="",
        label_en="",
        parameters=(
            parameter("to", Kind.NUMBER),
            parameter("often", Kind.WHOLE, most=9),
            parameter("sort", Kind.CHOICE, choices=choices, is_required=True),
            parameter("loud", Kind.SWITCH, default="false"),
            parameter("words", Kind.TEXTS, most=3),
            parameter("seldom", Kind.TEXT, is_rare=True),
        ),
        check=dict,
    )
    given = QueryDict(mutable=True)
    given.update({"p.often": "many", "p.words": "a\n\nb", "p.loud": "", "p.other": "x"})

    read = forms.read(operation, given)
    complaint = Complaint(parameter="words[1]", rule_zh="", rule_en="expected less", found="b")
    form = forms.draw(operation, read, [complaint])

    to, often, sort, loud, words = (one for one in form.usual if isinstance(one, Field))
    assert read == {"often": "many", "words": ["a", "b"]}
    assert (to.kind, often.kind, words.is_list) == ("tel", "text", True)
    assert sort.choices == [("", "Choose…"), ("a", "Aye")]
    assert loud.choices[0] == ("", "As the platform does (no)")
    assert words.errors == ["expected less; got b"]
    assert [field.place for field in form.rare] == ["seldom"]
