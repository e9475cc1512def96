"""The page of one call: what happened, why, what was said, and what is known beside it."""

import base64
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from calls import neighbours
from calls.facts import (
    CodeFact,
    DialogFacts,
    EventFacts,
    HitFacts,
    LegFacts,
    Party,
    Role,
    TurnFacts,
)
from calls.models import Call
from tests.calls.conftest import HOSTILE, NOON, detail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

Say = Callable[..., Call]


def after(seconds: int) -> Any:
    return NOON + timedelta(seconds=seconds)


def turn(key: str, robot: str = "", customer: str = "", **more: Any) -> TurnFacts:
    return TurnFacts(
        key=key,
        role=Role.CUSTOMER if customer else Role.ROBOT,
        text_robot=robot or None,
        text_customer=customer or None,
        **more,
    )


def spoken(*turns: TurnFacts) -> DialogFacts:
    return DialogFacts(began_at=NOON, turns=turns)


# At a glance


def test_what_customers_and_vendors_write_is_never_run(
    yeta_call: Call, administrator: Client
) -> None:
    shown = detail(administrator, yeta_call, "?find=" + HOSTILE)

    assert shown.count("&lt;script&gt;alert") >= 4
    assert "<script>" not in shown


def test_nothing_on_the_page_asks_for_what_the_policy_forbids(
    yeta_call: Call, administrator: Client
) -> None:
    shown = detail(administrator, yeta_call)

    assert not re.search(r"<[^>]+ (style|on\w+)=", shown)
    assert "<svg" in shown


def test_an_unanswered_call_says_first_why_and_whose_move_it_is(agent: Client, say: Say) -> None:
    call = say("a", codes=(CodeFact(scheme="q850", value="1", place="cause"),))

    shown = unescape(detail(agent, call))

    assert shown.index("Why it was not answered") < shown.index('id="timeline"')
    assert shown.index("Whose move") < shown.index('id="timeline"')
    assert "The customer's move" in shown


def test_an_unknown_code_is_shown_as_it_came(agent: Client, say: Say) -> None:
    call = say("a", codes=(CodeFact(scheme="q850", value="9999", place="cause"),))

    shown = detail(agent, call)

    assert "9999" in shown
    assert "no explanation" in shown
    assert "No code that the vendor gave explains it." in shown


def test_a_call_of_which_nothing_is_known_has_a_page(agent: Client, say: Say) -> None:
    call = say("a", started_at=None, is_final=None)

    shown = detail(agent, call)

    assert "an unknown number is calling an unknown number" in shown
    assert "no times" in shown


def test_keys_that_were_pressed_are_at_the_top(agent: Client, say: Say) -> None:
    pressed = (
        EventFacts(kind="collectinfo", at=after(9), digits="1"),
        EventFacts(kind="collectinfo", at=after(12), digits="3#"),
    )
    call = say("a", answered_at=NOON, events=pressed)

    top = detail(agent, call).partition('id="timeline"')[0]
    assert re.findall(r"<kbd[^>]*>([^<]+)<", top) == ["1", "3#"]


# What happened


def test_moments_legs_and_events_are_told_in_order_and_each_but_once(
    agent: Client, say: Say
) -> None:
    call = say(
        "a",
        rang_at=after(3),
        answered_at=after(8),
        ended_at=after(60),
        legs=(LegFacts(number="13100001111", side=Party.CALLEE, rang_at=after(3)),),
        events=(EventFacts(kind="answer", at=after(8), number="13100001111", note="picked up"),),
    )

    happenings = agent.get(call.get_absolute_url()).context["happenings"]

    assert [(one.phase, one.gap) for one in happenings] == [
        ("started", None),
        ("rang", 3),
        ("answered", 5),
        ("ended", 52),
    ]
    assert [one.number for one in happenings] == ["", "13100001111", "13100001111", ""]


def test_two_legs_that_answer_in_one_second_are_two_moments(agent: Client, say: Say) -> None:
    legs = [LegFacts(number=f"1310000111{n}", answered_at=after(5)) for n in (1, 2)]
    call = say("a", legs=tuple(legs))

    happenings = agent.get(call.get_absolute_url()).context["happenings"]

    assert [one.phase for one in happenings].count("answered") == 2


def test_the_timeline_is_drawn_to_scale_and_told_in_a_table(agent: Client, say: Say) -> None:
    call = say("a", rang_at=after(10), answered_at=after(20), ended_at=after(100))

    shown = re.sub(r"\s+", " ", detail(agent, call))

    assert '<rect class="drawing__bar drawing__bar--talking" x="20.00%" width="80.00%"' in shown
    assert "The table below tells the same" in shown
    assert shown.index("What happened in the call, in order") < shown.index("Hung up")


def test_a_row_of_a_task_is_a_table(yeta_call: Call, agent: Client) -> None:
    shown = re.sub(r"\s+", " ", detail(agent, yeta_call))

    assert '<th scope="row">装货时间</th> <td>3月13日</td>' in shown
    assert "task_row_head" not in shown


def test_a_recording_is_announced_but_its_address_is_not_shown(
    yeta_call: Call, agent: Client
) -> None:
    shown = detail(agent, yeta_call)

    assert "1018.8 KiB" in shown
    assert ".wav" not in shown


def test_times_lead_to_the_vendors_own_for_those_who_may_see_pushes(
    yeta_call: Call, agent: Client, make_user: Callable[..., User]
) -> None:
    words = "The times as the vendor wrote them"
    assert words not in detail(agent, yeta_call)

    agent.force_login(make_user("operator", "view_call", "see_numbers", "view_push"))
    found = re.search(rf'<a href="([^"]+)">{words}', detail(agent, yeta_call))

    assert found
    assert "1527737763429" in agent.get(found[1]).content.decode()


def test_the_pushes_behind_a_call_are_shown_to_those_who_may_see_them(
    yeta_call: Call, administrator: Client
) -> None:
    shown = administrator.get(f"{yeta_call.get_absolute_url()}pushes/").content.decode()

    assert "receiveDialog" in shown
    assert "task_row_index" in shown


def test_pushes_are_hidden_from_those_who_may_see_calls_only(
    yeta_call: Call, agent: Client
) -> None:
    assert 'id="pushes"' not in detail(agent, yeta_call)
    assert agent.get(f"{yeta_call.get_absolute_url()}pushes/").status_code == 403


def test_a_body_that_cannot_be_laid_out_is_shown_as_it_came(
    make_account: Callable[..., Any], deliver: Callable[..., list[Call]], administrator: Client
) -> None:
    body = rb'{"call_uuid": "a", "note": "\ud800", "twice": 1, "twice": 1}'
    call = deliver(make_account("yeta"), "receiveCallRecord", body)[0]

    shown = unescape(administrator.get(f"{call.get_absolute_url()}pushes/").content.decode())

    assert body.decode() in shown


# The dialog


def test_a_dialog_reads_as_a_conversation(yeta_call: Call, agent: Client) -> None:
    shown = detail(agent, yeta_call)

    robot, customer = shown.index("bubble--robot"), shown.index("bubble--customer")
    assert robot < customer
    assert "优惠券介绍" in shown
    assert "picked" in shown


def test_words_in_a_dialog_are_found_and_marked_without_script(agent: Client, say: Say) -> None:
    said = spoken(turn("1", "Hello there"), turn("2", "What?", "I want a Person"), turn("3", "Bye"))
    call = say("a", dialog=said)

    shown = detail(agent, call, "?find=person")

    assert "I want a <mark>Person</mark>" in shown
    assert '<a href="#turn-2">2</a>' in shown
    assert '<a href="#turn-1">1</a>' not in shown
    assert 'value="person"' in shown


def test_what_is_marked_is_escaped_on_both_sides(agent: Client, say: Say) -> None:
    call = say("a", dialog=spoken(turn("1", "a <b> &amp; <b> c")))

    shown = detail(agent, call, "?find=<b>")

    assert "a <mark>&lt;b&gt;</mark> &amp;amp; <mark>&lt;b&gt;</mark> c" in shown


def test_words_that_nobody_said_are_in_no_step(agent: Client, say: Say) -> None:
    call = say("a", dialog=spoken(turn("1", "Hello")))

    shown = detail(agent, call, "?find=" + "x" * 5000)

    assert "In no step" in shown
    assert "<mark>" not in shown


def test_a_masked_reader_cannot_search_for_what_is_masked(
    client: Client, say: Say, make_user: Callable[..., User]
) -> None:
    call = say("a", dialog=spoken(turn("1", "My number is 13100001111")))
    client.force_login(make_user("viewer", "view_call"))

    shown = detail(client, call, "?find=1310000")

    assert "<mark>" not in shown
    assert 'href="#turn-1"' not in shown


def test_the_way_through_the_script_names_each_node_once_in_a_row(agent: Client, say: Say) -> None:
    nodes = ["Greeting", "Greeting", "Offer", "Greeting"]
    turns = [turn(str(n), "Hi", node_name=node) for n, node in enumerate(nodes, 1)]
    call = say("a", dialog=spoken(*turns))

    shown = detail(agent, call)

    way = re.findall(r'<li><a href="#turn-(\d)">(\w+)</a></li>', shown)
    assert way == [("1", "Greeting"), ("3", "Offer"), ("4", "Greeting")]


def test_what_has_no_place_in_the_conversation_is_at_hand(agent: Client, say: Say) -> None:
    hit = HitFacts(text="yes", picked=True, answer_id="77")
    said = turn("1", "?", "yes", node_id="n-1", content_id="c-1", hits=(hit,), extra={"mood": "+"})
    call = say("a", dialog=spoken(said))

    shown = unescape(detail(agent, call))

    for words in ("n-1", "c-1", '"answer_id": "77"', "mood"):
        assert words in shown


# User data


def test_user_data_that_is_json_has_line_breaks(agent: Client, say: Say) -> None:
    call = say("a", user_data='{"order": 7, "name": "张三"}')

    shown = unescape(detail(agent, call))

    assert '{\n  "order": 7,\n  "name": "张三"\n}' in shown
    assert '{"order": 7, "name": "张三"}' in shown


@pytest.mark.parametrize(
    "text", ["order-12345", "abcdefgh", '{"a": 1.10}', '{"a": 1, "a": 2}', "[" * 5000, "{oops"]
)
def test_user_data_that_laying_out_would_change_is_shown_as_it_came(text: str) -> None:
    from calls.readable import Readable, readable

    assert readable(text) == Readable(text)


def test_user_data_in_base64_is_read_and_what_is_in_it_is_masked(
    client: Client, say: Say, make_user: Callable[..., User]
) -> None:
    coded = base64.b64encode(b'{"phone": "13100001111"}').decode()
    call = say("a", user_data=coded)
    client.force_login(make_user("viewer", "view_call"))

    shown = unescape(detail(client, call))

    assert '"phone": "****1111"' in shown
    assert coded not in shown


# Before and after


def test_calls_of_the_same_two_are_listed_whoever_called(agent: Client, say: Say) -> None:
    one, two, three = "13100001111", "+86 131 0000 2222", "13100003333"
    for n, (caller, callee) in enumerate([(one, two), (two, one), (one, two), (one, three)]):
        say(f"c{n}", caller=caller, callee=callee, started_at=after(n * 60))
    here = Call.objects.get(call_id="c1")

    found = neighbours.of(here)

    assert [call.call_id for call in found.around] == ["c2", "c1", "c0"]
    shown = detail(agent, here)
    before, later = (Call.objects.get(call_id=name) for name in ("c0", "c2"))
    assert f'rel="prev" href="{before.get_absolute_url()}"' in shown
    assert f'rel="next" href="{later.get_absolute_url()}"' in shown


def test_only_the_nearest_are_listed_and_calls_of_one_second_have_an_order(say: Say) -> None:
    for n in range(9):
        say(f"c{n}", caller="13100001111", callee="13100002222")

    found = neighbours.of(Call.objects.get(call_id="c4"))

    assert [call.call_id for call in found.before] == ["c3", "c2", "c1"]
    assert [call.call_id for call in found.after] == ["c5", "c6", "c7"]


def test_a_number_that_was_only_shown_did_not_take_part(say: Say) -> None:
    say("shown", caller="13100001111", callee="13100003333", display_number="13100002222")
    here = say("here", caller="13100001111", callee="13100002222", started_at=after(60))

    assert neighbours.of(here).before == []


def test_a_call_with_one_known_party_has_that_ones_calls_beside_it(say: Say) -> None:
    say("earlier", caller="13100001111", callee="13100003333")
    here = say("here", caller="13100001111", started_at=after(60))

    assert [call.call_id for call in neighbours.of(here).before] == ["earlier"]
    assert neighbours.of(say("nobody")).around == [Call.objects.get(call_id="nobody")]


def test_nothing_on_the_page_shows_a_masked_reader_a_whole_number(
    client: Client, say: Say, make_user: Callable[..., User]
) -> None:
    number = "13100001111"
    parties = {"caller": number, "callee": "13100002222"}
    say("before", **parties)
    node = turn("1", f"Is it {number}?", f"Yes, {number}", node_name=f"Ask {number}")
    call = say(
        "here",
        **parties,
        started_at=after(60),
        legs=(LegFacts(number=number, started_at=after(61)),),
        events=(EventFacts(kind="collectinfo", at=after(70), number=number, digits=number),),
        dialog=spoken(node),
        user_data=number,
        details={"row_head": [number], "row_value": [number]},
        extra={"phone": int(number)},
    )
    client.force_login(make_user("viewer", "view_call", "add_note", "add_tag"))

    shown = detail(client, call, "?find=it")

    assert number not in shown
    assert "8613100001111" not in shown
    assert "****1111" in shown


# While it goes on


def news(client: Client, call: Call, seen: str) -> Any:
    return client.get(call.get_absolute_url(), {"seen": seen}, headers={"HX-Request": "true"})


def seen_on(shown: str) -> str:
    found = re.search(r'hx-get="\?seen=(\w+)"', shown)
    assert found, "the page does not follow the call"
    return found[1]


def test_a_call_that_goes_on_is_followed_until_it_ends(agent: Client, say: Say) -> None:
    call = say("a", is_final=None)
    seen = seen_on(detail(agent, call))
    assert news(agent, call, seen).status_code == 204

    say("a", push_id=2, is_final=None, answered_at=after(5))
    answered = news(agent, call, seen).content.decode()
    say("a", push_id=3, ended_at=after(30))
    ended = news(agent, call, seen_on(answered)).content.decode()

    assert "There is news of this call." in answered
    assert "<html" not in answered
    assert 'id="call-rest" hx-swap-oob="true"' in answered
    assert "hx-get=" not in ended


def test_a_call_that_fell_silent_is_no_longer_asked_for(agent: Client, say: Say) -> None:
    call = say("a", is_final=None)
    seen = seen_on(detail(agent, call))

    with time_machine.travel(call.updated_at + timedelta(hours=7)):
        response = news(agent, call, seen)
        shown = detail(agent, call)

    assert response.status_code == 286
    assert "its end may have been lost" in unescape(shown)
    assert "hx-get=" not in shown.partition('id="notes-section"')[0]


def test_news_of_a_call_need_the_permission(
    client: Client, say: Say, make_user: Callable[..., User]
) -> None:
    call = say("a", is_final=None)
    client.force_login(make_user("stranger"))

    assert news(client, call, "").status_code == 403


# What it costs


def test_a_call_costs_a_fixed_number_of_queries(
    administrator: Client, say: Say, django_assert_max_num_queries: Any
) -> None:
    turns = [turn(str(n), "Hello", "Hello", started_at=after(n)) for n in range(60)]
    events = [EventFacts(kind="ringing", at=after(n)) for n in range(60)]
    codes = [CodeFact(scheme="q850", value="17", place=f"p{n}") for n in range(20)]
    for n in range(9):
        say(f"c{n}", caller="13100001111", callee="13100002222")
    call = say(
        "a",
        caller="13100001111",
        callee="13100002222",
        dialog=spoken(*turns),
        events=tuple(events),
        codes=tuple(codes),
    )
    detail(administrator, call)

    with django_assert_max_num_queries(30):
        detail(administrator, call)
