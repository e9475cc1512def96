"""Looking codes up, a code's own page, and why a call was not answered."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import strip_tags
from pytest_django import DjangoAssertNumQueries

from calls import code_counts, codes, ingest, reasons
from calls.facts import CallFacts, CodeFact, LegFacts, Party, Service, Source
from calls.models import Account, Call, CodeNote
from calls.templatetags.codes import why

pytestmark = pytest.mark.django_db

STATE = "huawei.state"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Requests leave their language behind, and notes are remembered; each test begins afresh."""
    codes.forget()
    with translation.override("en"):
        yield
    codes.forget()


@pytest.fixture
def agent(client: Client) -> Client:
    """A signed-in person who may see calls and nothing else."""
    user = User.objects.create_user("agent")
    user.user_permissions.set(Permission.objects.filter(codename="view_call"))
    client.force_login(user)
    return client


@pytest.fixture
def administrator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("Li"))
    return client


@pytest.fixture
def say() -> Callable[..., Call]:
    """Let a vendor say something about a call, with codes as scheme/value; the call."""
    account = Account.objects.create(vendor="huawei", name="Main")

    def say(call_id: str, *given: str, at: datetime | None = None, **said: Any) -> Call:
        found = tuple(
            CodeFact(scheme=scheme, value=value, place="stateCode")
            for scheme, _, value in (one.partition("/") for one in given)
        )
        facts: dict[str, Any] = {"source": Source.RECORD, "is_final": True, "codes": found}
        facts |= {"call_id": call_id, "started_at": at or timezone.now()} | said
        statement = ingest.Statement(
            push_id=1, received_at=timezone.now(), account=account, facts=CallFacts(**facts)
        )
        ingest.apply([statement])
        return Call.objects.get(call_id=call_id)

    return say


def looked_up(client: Client, query: str = "", **headers: str) -> str:
    """What the page of codes shows, as text."""
    response = client.get(reverse("codes") + query, headers=headers or None)
    assert response.status_code == 200
    return text_of(response)


def text_of(response: Any) -> str:
    return " ".join(unescape(strip_tags(response.content.decode())).split())


def code_page(client: Client, scheme: str, value: str) -> str:
    response = client.get(reverse("code", args=[scheme, value]))
    assert response.status_code == 200
    return text_of(response)


# Looking up


@pytest.mark.parametrize(
    "words",
    ["8103", "huawei.state/8103", "暂时无法接通", "coverage", "huawei 不在服务区", "OUT of REACH"],
)
def test_a_code_is_found_by_itself_and_by_words_of_either_language(
    agent: Client, words: str
) -> None:
    response = agent.get(reverse("codes"), {"q": words})

    assert reverse("code", args=[STATE, "8103"]) in response.content.decode()


def test_the_table_with_the_written_code_comes_first(agent: Client) -> None:
    found = agent.get(reverse("codes"), {"q": "q850/17"}).context["found"]

    assert [(scheme, [row.code for row in rows]) for scheme, rows in found] == [("q850", ["17"])]


def test_a_code_within_a_range_finds_the_range(agent: Client) -> None:
    response = agent.get(reverse("codes"), {"q": "444", "scheme": "huawei.release-point"})

    assert reverse("code", args=["huawei.release-point", "400-699"]) in response.content.decode()


def test_what_is_looked_for_is_narrowed_to_a_vendor_and_to_whose_side_it_is(agent: Client) -> None:
    found = agent.get(reverse("codes"), {"vendor": "huawei", "side": "us"}).context["found"]

    assert {scheme.partition(".")[0] for scheme, _ in found} == {"huawei"}
    assert {row.side for _, rows in found for row in rows} == {"us"}


def test_htmx_gets_what_is_found_and_nothing_around_it(agent: Client) -> None:
    response = agent.get(reverse("codes"), {"q": "8103"}, headers=HTMX)

    assert "<html" not in response.content.decode()
    assert "Called phone was out of reach" in text_of(response)


def test_fields_left_empty_do_not_stand_in_the_address(agent: Client) -> None:
    query = "?q=8103&vendor=&scheme=&side="

    assert agent.get(reverse("codes") + query)["Location"] == reverse("codes") + "?q=8103"
    live = agent.get(reverse("codes") + query, headers=HTMX)
    assert live["HX-Replace-Url"] == reverse("codes") + "?q=8103"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?q=zzzznothing", "No code matches"),
        ("?scheme=nonsense", "scheme: There is no “nonsense”; known are freeswitch"),
        ("?side=theirs", "known are callee, caller, network, vendor, us, nobody"),
        ("?colour=red", "colour: There is no such filter"),
        ("?q=%00", "NUL"),
        ("?q=" + "a+" * 9, "Too much to look for"),
        ("?q=" + "a" * 201, "Too much to look for"),
        ("?q=%ED%A0%80%3Cscript%3E", "No code matches"),
    ],
)
def test_what_cannot_be_found_is_answered_with_a_sentence(
    agent: Client, query: str, sentence: str
) -> None:
    assert sentence in looked_up(agent, query)


def test_a_code_in_no_table_is_listed_with_how_often_and_when_it_came(
    agent: Client, say: Callable[..., Call]
) -> None:
    at = datetime.fromisoformat("2026-11-01T04:00:00Z")
    say("a", f"{STATE}/9999", at=at)
    say("b", f"{STATE}/9999", f"{STATE}/8103", at=at - timedelta(days=1))

    shown = looked_up(agent)

    assert "Code Times Last seen huawei.state/9999 2 2026-11-01 12:00:00" in shown


def test_a_code_in_no_table_is_found_by_its_value(agent: Client, say: Callable[..., Call]) -> None:
    say("a", f"{STATE}/9999", f"{STATE}/N/A")

    assert "huawei.state/9999" in looked_up(agent, "?q=9999")
    assert "huawei.state/N/A" not in looked_up(agent, "?q=9999")


def test_codes_of_calls_are_found_without_reading_all_of_them(say: Callable[..., Call]) -> None:
    for number in range(3):
        say(f"c{number}", f"{STATE}/8103", "q850/17", "q850/20")

    assert code_counts.seen() == [(STATE, "8103"), ("q850", "17"), ("q850", "20")]


def test_a_vendor_that_sends_nonsense_does_not_hide_the_codes_of_others(
    say: Callable[..., Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_counts, "MOST_VALUES", 2)
    say("a", "freeswitch/A", "freeswitch/B", "freeswitch/C", f"{STATE}/9999")

    assert code_counts.seen() == [("freeswitch", "A"), ("freeswitch", "B"), (STATE, "9999")]


# One code


def test_a_codes_page_says_what_it_means_whose_side_it_is_and_what_to_do(agent: Client) -> None:
    shown = code_page(agent, STATE, "8103")

    for words in (
        "Called phone was out of reach for the moment",
        "被叫用户暂时无法接通",
        "Whose side The called party",
        "What to do Nobody needs to act",
        "Outcome Unreachable",
    ):
        assert words in shown


def test_a_codes_page_is_chinese_for_who_reads_chinese(agent: Client) -> None:
    response = agent.get(
        reverse("code", args=[STATE, "8103"]), headers={"accept-language": "zh-hans"}
    )

    assert "被叫用户暂时无法接通" in text_of(response)
    assert "无需处理" in text_of(response)


def test_a_codes_page_names_its_equals_in_other_tables(agent: Client) -> None:
    shown = code_page(agent, STATE, "8102")

    for other in ("q850/17", "sip/486", "freeswitch/USER_BUSY", "yeta.task-result/2"):
        assert other in shown


def test_a_code_with_several_statuses_shows_each_meaning(agent: Client) -> None:
    shown = code_page(agent, "huawei.result", "1010010")

    assert "Under HTTP status 401: The signature of the request is wrong" in shown
    assert "Under HTTP status 403: The platform as a whole" in shown


def test_a_number_of_a_range_is_explained_by_the_range(agent: Client) -> None:
    shown = code_page(agent, "huawei.release-point", "486")

    assert "Raw SIP status" in shown
    assert "Said of every code from 400 to 699" in shown
    assert "sip/486 Called phone was busy" in shown


def test_a_range_has_a_page_that_lists_which_of_it_came(
    agent: Client, say: Callable[..., Call]
) -> None:
    say("a", "huawei.release-point/486", "huawei.release-point/501")

    assert "Of this range came: 486" in code_page(agent, "huawei.release-point", "400-699")


def test_a_codes_page_counts_its_calls_and_leads_to_them(
    agent: Client, say: Callable[..., Call]
) -> None:
    now = timezone.now()
    for name, days in (("a", 0.5), ("b", 3), ("c", 5), ("d", 20), ("e", 40)):
        say(name, f"{STATE}/8103", at=now - timedelta(days=days))
    say("other", f"{STATE}/8104")

    response = agent.get(reverse("code", args=[STATE, "8103"]))
    counts = response.context["counts"]

    assert "Last day 1 call Last 7 days 3 calls Last 30 days 4 calls" in text_of(response)
    for row in counts:
        address = f"{reverse('calls')}?{row.query}"
        assert address.replace("&", "&amp;") in response.content.decode()
        shown = agent.get(address).content.decode()
        assert len(set(re.findall(r"/calls/\d+/", shown))) == row.count.calls


def test_counting_stops_where_nobody_reads_on(
    say: Callable[..., Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_counts, "MOST", 2)
    now = timezone.now()
    for name, days in (("a", 0.5), ("b", 3), ("c", 5), ("d", 20)):
        say(name, f"{STATE}/9999", at=now - timedelta(days=days))

    counts = code_counts.recent(STATE, "9999", now)
    (unknown,) = code_counts.unknown([(STATE, "9999")])

    assert [(count.calls, count.is_more) for count in counts] == [(1, False), (2, True), (2, True)]
    assert (unknown.times, unknown.is_more) == (2, True)


def test_calls_of_long_ago_that_came_today_do_not_hide_those_of_today(
    say: Callable[..., Call],
) -> None:
    now = timezone.now()
    say("today", f"{STATE}/8103", at=now - timedelta(hours=1))
    for number in range(4):
        say(f"imported {number}", f"{STATE}/8103", at=now - timedelta(days=400))

    assert [count.calls for count in code_counts.recent(STATE, "8103", now)] == [1, 1, 1]


def test_a_code_in_two_places_of_a_call_counts_once_and_lists_it_once(
    agent: Client, say: Callable[..., Call]
) -> None:
    call = say("a", f"{STATE}/8103")
    (row,) = call.codes.all()
    row.pk, row.place = None, "elsewhere"
    row.save()

    assert [count.calls for count in code_counts.recent(STATE, "8103", timezone.now())] == [1, 1, 1]
    shown = agent.get(reverse("calls"), {"code": f"{STATE}/8103"})
    assert [one.call.pk for one in shown.context["rows"]] == [call.pk]
    counted = text_of(agent.get(reverse("calls-count"), {"code": f"{STATE}/8103"}))
    assert "Calls found 1 call " in counted


def test_a_code_is_counted_when_its_call_occurred_as_far_as_that_is_known_by_now(
    say: Callable[..., Call],
) -> None:
    now = timezone.now()
    say("a", f"{STATE}/8103", at=now - timedelta(hours=1))
    say("a", rang_at=now - timedelta(days=3))

    assert [count.calls for count in code_counts.recent(STATE, "8103", now)] == [0, 1, 1]


def test_a_codes_page_says_which_vendor_sends_it_in_which_field(
    agent: Client, say: Callable[..., Call]
) -> None:
    say("a", "q850/17")

    assert "Sent by huawei, in stateCode" in code_page(agent, "q850", "17")


def test_a_code_in_no_table_has_a_page_too(agent: Client, say: Callable[..., Call]) -> None:
    say("a", f"{STATE}/N/A")

    shown = code_page(agent, STATE, "N/A")

    assert "No table explains this code" in shown
    assert "Last day 1 call" in shown


@pytest.mark.parametrize(
    "path", ["nonsense/1", "q850/%00", "q850/" + "9" * 65, "q%00/1", "<script>/1"]
)
def test_what_can_be_no_code_is_not_found(agent: Client, path: str) -> None:
    assert agent.get(f"/codes/{path}/").status_code == 404


def test_whoever_may_not_see_calls_may_not_look_codes_up(client: Client) -> None:
    client.force_login(User.objects.create_user("nobody"))

    assert client.get(reverse("codes")).status_code == 403
    assert client.get(reverse("code", args=[STATE, "8103"])).status_code == 403


# Notes


def write(client: Client, value: str, **said: str) -> Any:
    return client.post(reverse("code", args=[STATE, value]), said)


def test_an_administrator_writes_a_note_and_everybody_reads_it(
    agent: Client, administrator: Client
) -> None:
    response = write(administrator, "8103", text=" <b>Underground car park.</b> ")

    assert response["Location"] == reverse("code", args=[STATE, "8103"]) + "#note"
    assert "<b>Underground car park.</b> Li ·" in code_page(agent, STATE, "8103")
    assert "Underground car park" in str(codes.note(STATE, "8103") and CodeNote.objects.get().text)


def test_a_note_is_changed_in_its_place_and_deleted(administrator: Client) -> None:
    write(administrator, "9999", text="first")
    write(administrator, "9999", text="second")

    assert [note.text for note in CodeNote.objects.all()] == ["second"]

    write(administrator, "9999", text="second", delete="yes")

    assert codes.note(STATE, "9999") is None


def test_a_note_with_nothing_in_it_is_no_note(administrator: Client) -> None:
    write(administrator, "8103", text="something")
    write(administrator, "8103", text=" \x00 ")

    assert not CodeNote.objects.exists()


def test_only_who_may_change_notes_on_codes_does(agent: Client) -> None:
    assert write(agent, "8103", text="mine").status_code == 403
    assert "Save the note" not in code_page(agent, STATE, "8103")
    assert not CodeNote.objects.exists()


def test_a_code_is_found_by_the_words_of_its_note(agent: Client, administrator: Client) -> None:
    write(administrator, "8103", text="Underground car park")

    found = agent.get(reverse("codes"), {"q": "underground"}).context["found"]

    assert [row.code for _, rows in found for row in rows] == ["8103"]


def test_the_call_page_shows_a_note_on_its_code(
    agent: Client, administrator: Client, say: Callable[..., Call]
) -> None:
    call = say("a", f"{STATE}/9999")
    write(administrator, "9999", text="A code of the trial period.")

    response = agent.get(reverse("call", args=[call.pk]))

    assert "A code of the trial period." in text_of(response)
    assert reverse("code", args=[STATE, "9999"]) in response.content.decode()


# Why a call was not answered


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["q850/17", "sip/486", f"{STATE}/8102"], f"{STATE}/8102"),  # a vendor's word is exact
        (["sip/480", "q850/20"], "q850/20"),  # SIP says it coarsely
        (["huawei.release-point/518", "q850/41"], "q850/41"),  # the vendor knows only the side
        (["q850/41", f"{STATE}/8006"], f"{STATE}/8006"),  # ours to mend
        ([f"{STATE}/7001", "q850/21"], f"{STATE}/7001"),  # the outcome is blocked
        (["huawei.release-point/444", "q850/38"], "q850/38"),  # a range says little
    ],
)
def test_the_most_telling_code_says_why_a_call_was_not_answered(
    say: Callable[..., Call], given: list[str], expected: str
) -> None:
    reason = reasons.why(say("a", *given))

    assert reason is not None
    assert f"{reason.scheme}/{reason.value}" == expected


def test_a_reason_has_a_meaning_a_side_advice_and_an_address(say: Callable[..., Call]) -> None:
    reason = why(say("a", f"{STATE}/8103"))

    assert reason is not None
    assert reason.meaning == "Called phone was out of reach for the moment"
    assert reason.side_label == "The called party"
    assert reason.advice.startswith("Nobody needs to act")
    assert reason.address == "/codes/huawei.state/8103/"


def test_without_a_telling_code_the_outcome_says_whose_side_it_was(
    say: Callable[..., Call],
) -> None:
    reason = why(say("a", "q850/16", ended_by=Party.CALLER))

    assert reason is not None
    assert reason.meaning == "The calling side gave up before anybody answered."
    assert reason.side == "caller"


def test_an_answered_call_needs_no_reason(say: Callable[..., Call]) -> None:
    assert why(say("a", "q850/16", answered_at=timezone.now())) is None


def test_a_call_that_goes_on_has_no_reason_yet(say: Callable[..., Call]) -> None:
    assert why(say("a", "q850/17", is_final=None)) is None


def test_a_note_explains_a_code_that_no_table_knows(say: Callable[..., Call]) -> None:
    CodeNote.objects.create(scheme=STATE, code="9999", text="Trial period", by_name="Li")

    reason = why(say("a", f"{STATE}/9999"))

    assert reason is not None
    assert (reason.meaning, reason.side) == ("Trial period", "")


def test_on_the_callers_leg_of_a_callback_the_caller_is_the_one_called(
    say: Callable[..., Call],
) -> None:
    busy = CodeFact(scheme="q850", value="17", place="callOutUnaswRsn")
    legs = (
        LegFacts(number="13100001111", side=Party.CALLER, codes=(busy,)),
        LegFacts(number="13100002222", side=Party.CALLEE),
    )

    reason = reasons.why(say("a", service=Service.VOICE_CALLBACK, legs=legs))

    assert reason is not None
    assert reason.side == "caller"


def test_a_list_of_reasons_asks_for_nothing_a_row(
    say: Callable[..., Call], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        say(f"c{number}", f"{STATE}/8103", f"{STATE}/9999")
    calls = list(Call.objects.prefetch_related("codes"))
    why(calls[0])

    with django_assert_num_queries(0):
        assert all(why(call) for call in calls)


def test_a_note_in_the_admin_is_known_at_once_and_says_who_wrote_it(administrator: Client) -> None:
    assert codes.note(STATE, "8103") is None

    administrator.post(
        reverse("admin:calls_codenote_add"), {"scheme": STATE, "code": "8103", "text": "Car park"}
    )

    note = codes.note(STATE, "8103")
    assert note is not None
    assert (note.text, note.by_name) == ("Car park", "Li")
