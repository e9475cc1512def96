"""The list of calls, as people use it: search, chips, columns, pages, the box, saved views."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from calls.facts import CodeFact
from calls.models import Account, Call, Preferences, SavedView
from tests.calls.search.conftest import NOON, dialog

pytestmark = pytest.mark.django_db
Say = Callable[..., Call]
HOSTILE = "<script>alert('x')</script>\u202e"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def user() -> User:
    user = User.objects.create_user("agent")
    allowed = ["view_call", "see_numbers", "add_savedview"]
    user.user_permissions.set(Permission.objects.filter(codename__in=allowed))
    return user


@pytest.fixture
def agent(client: Client, user: User) -> Client:
    """Somebody who may see calls and whole numbers."""
    client.force_login(user)
    return client


def listed(response: Any) -> list[str]:
    assert response.status_code == 200, response.status_code
    return [row.call.call_id for row in response.context["rows"]]


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def page(client: Client, query: str = "", **headers: str) -> str:
    response = client.get(reverse("calls") + query, headers=headers or None)
    assert response.status_code == 200
    return text_of(response)


def find(client: Client, text: str) -> Any:
    return client.post(reverse("find"), {"q": text})


# The list


def test_the_list_shows_who_called_whom_and_what_became_of_it(agent: Client, say: Say) -> None:
    say("a", caller="13100001111", callee="13100002222", answered_at=NOON, talk_seconds=65)

    shown = page(agent)

    for words in ("13100001111", "13100002222", "Answered", "1:05", "2026-11-01 12:00:00"):
        assert words in shown


def test_why_a_call_did_not_connect_stands_in_the_list(agent: Client, say: Say) -> None:
    say("a", codes=(CodeFact(scheme="q850", value="17", place="cause"),))

    assert "busy" in page(agent).lower()
    assert "The called party:" in page(agent)


def test_a_filter_that_cannot_be_read_is_a_sentence_and_keeps_what_was_typed(
    agent: Client, say: Say
) -> None:
    say("a", caller="13100001111")

    shown = page(agent, "?from=yesterday&number=13100001111")

    assert "From: Expected a date and time" in shown
    assert 'value="13100001111"' in shown
    assert "<table" not in shown


def test_a_filter_that_does_not_exist_is_not_ignored(agent: Client, say: Say) -> None:
    say("a")

    shown = page(agent, "?colour=red")

    assert 'There is no filter "colour"' in shown
    assert "<table" not in shown


def test_a_day_in_a_shared_address_stays_in_the_form(agent: Client) -> None:
    assert 'value="2026-11-01T00:00"' in page(agent, "?from=2026-11-01")


def test_every_active_filter_can_be_taken_away_alone(agent: Client) -> None:
    response = agent.get(reverse("calls"), {"outcome": ["busy", "failed"], "-number": "10086"})

    chips = {(chip.value, chip.is_negated, chip.without) for chip in response.context["chips"]}
    assert chips == {
        ("Busy", False, "/calls/?outcome=failed&-number=10086"),
        ("Failed", False, "/calls/?outcome=busy&-number=10086"),
        ("10086", True, "/calls/?outcome=busy&outcome=failed"),
    }


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("number=10086&vendor=&outcome=busy&outcome=", "number=10086&outcome=busy"),
        ("number=10086,10010", "number=10086&number=10010"),
        ("not=outcome&outcome=busy", "-outcome=busy"),
    ],
)
def test_a_search_has_one_address(agent: Client, sent: str, kept: str) -> None:
    response = agent.get(f"{reverse('calls')}?{sent}")

    assert response.status_code == 302
    assert response["Location"] == f"{reverse('calls')}?{kept}"


def test_the_form_reads_back_what_it_cannot_show_so_that_nothing_is_lost(
    agent: Client, say: Say
) -> None:
    call = say("a")
    query = f"?pick={call.pk}&from=2026-11-01&from=2026-11-02&-vendor=yeta&vendor=yeta&sort=-talk"

    shown = page(agent, query)

    for hidden in (
        f'name="pick" value="{call.pk}"',
        'name="from" value="2026-11-02"',
        'name="-vendor" value="yeta"',
        'name="sort" value="-talk"',
    ):
        assert f'<input type="hidden" {hidden}>' in shown


def test_an_empty_portal_says_what_would_fill_it(agent: Client, client: Client) -> None:
    shown = page(agent)

    assert "No calls yet" in shown
    assert "push addresses" in shown
    assert "Add a vendor account" not in shown

    client.force_login(User.objects.create_superuser("administrator"))
    assert "Add a vendor account" in page(client)


def test_a_search_that_finds_nothing_can_be_cleared(agent: Client, say: Say) -> None:
    say("a")

    shown = page(agent, "?number=10086")

    assert "No call matches" in shown
    assert "Show all calls" in shown


@pytest.mark.parametrize("sort", ["", "&sort=time", "&sort=-talk", "&sort=talk", "&sort=-ring"])
def test_pages_lead_through_all_calls_and_back_and_lose_none(
    agent: Client, say: Say, sort: str
) -> None:
    for n in range(20):
        talk = None if n % 4 == 0 else n % 3
        say(f"c{n}", started_at=NOON + timedelta(seconds=n // 3), talk_seconds=talk)
    whole = listed(agent.get(f"{reverse('calls')}?limit=100{sort}"))
    assert len(set(whole)) == 20

    down: list[str] = []
    up: list[str] = []
    query: str | None = f"?limit=7{sort}"
    while query:
        response = agent.get(reverse("calls") + query)
        down += listed(response)
        last, query = response.context["newer"], response.context["older"]
    while last:
        response = agent.get(reverse("calls") + last)
        up = listed(response) + up
        last = response.context["newer"]

    assert down == whole
    assert up == whole[: len(up)]
    assert len(up) == 14


BAD_CURSORS = [
    "x",
    "!!!!",
    "午",
    urlsafe_b64encode(b'["o","never",1]').decode(),
    urlsafe_b64encode(b'["o","2026-11-01T00:00:00",1]').decode(),
    urlsafe_b64encode(b'["o","2026-11-01T00:00:00Z",true]').decode(),
    urlsafe_b64encode(b'["o","2026-11-01T00:00:00Z",99999999999999999999]').decode(),
    urlsafe_b64encode(b'["z","2026-11-01T00:00:00Z",1]').decode(),
    urlsafe_b64encode(b'["o",7,1]').decode(),
    urlsafe_b64encode(b"[" * 5000).decode(),
]


@pytest.mark.parametrize("cursor", BAD_CURSORS)
def test_a_page_that_nobody_gave_out_is_a_sentence(agent: Client, say: Say, cursor: str) -> None:
    say("a")

    response = agent.get(reverse("calls"), {"cursor": cursor})

    assert response.status_code == 200
    assert "no longer exists" in text_of(response)


def test_a_cursor_that_was_tampered_with_shows_nothing_beyond_the_search(
    agent: Client, say: Say
) -> None:
    say("mine", "yeta")
    say("other", "huawei")
    cursor = urlsafe_b64encode(b'["o","2030-01-01T00:00:00Z",1]').decode().rstrip("=")

    assert listed(agent.get(reverse("calls"), {"cursor": cursor, "vendor": "yeta"})) == ["mine"]


def test_htmx_gets_the_results_alone(agent: Client, say: Say) -> None:
    say("a")

    shown = page(agent, HX_Request="true")

    assert "<table" in shown
    assert "<html" not in shown


def test_a_page_whose_session_ended_leads_to_signing_in_and_back(client: Client) -> None:
    current = "http://testserver/calls/?outcome=busy"

    response = client.get(
        reverse("calls-count"), headers={"HX-Request": "true", "HX-Current-URL": current}
    )

    assert response["HX-Redirect"] == f"{reverse('login')}?next=%2Fcalls%2F%3Foutcome%3Dbusy"


def test_the_list_costs_no_more_queries_when_it_is_longer(agent: Client, say: Say) -> None:
    code = CodeFact(scheme="q850", value="17", place="x")
    costs = []
    say("first", codes=(code,))
    page(agent)  # reads what is kept from then on, such as the tables of codes
    for length in (1, 50):
        for n in range(length):
            say(f"c{n}", caller="13100001111", codes=(code,))
        with CaptureQueriesContext(connection) as asked:
            page(agent)
        costs.append(len(asked))

    assert costs[0] == costs[1] <= 20


def test_calls_are_counted_beside_the_list(agent: Client, say: Say) -> None:
    for n in range(3):
        say(f"c{n}")

    counted = agent.get(reverse("calls-count"), {"vendor": "yeta"})

    assert "3 calls" in text_of(counted)


def test_markup_and_turned_text_do_no_harm(agent: Client, say: Say) -> None:
    say(HOSTILE[:60], caller=HOSTILE[:40], service=HOSTILE[:30], details={"task_id": HOSTILE})

    response = agent.get(reverse("calls"), {"task": HOSTILE})

    assert len(response.context["rows"]) == 1
    assert b"<script>alert" not in response.content


# Columns


def test_columns_are_shown_as_each_person_chose_and_ordered_them(agent: Client, say: Say) -> None:
    say("a", caller="13900001234", details={"task_id": "t-9"})

    agent.post(reverse("calls-columns"), {"column": ["task", "call_id", "nonsense"]})
    response = agent.get(reverse("calls"))

    assert [heading.column.key for heading in response.context["headings"]] == ["task", "call_id"]
    assert "t-9" in text_of(response)
    assert "13900001234" not in text_of(response)


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        ("time:down", ["caller", "time", "callee"]),
        ("callee:up", ["time", "callee", "caller"]),
        ("time:up", ["time", "caller", "callee"]),
        ("talk:up", ["time", "caller", "callee", "talk"]),
    ],
)
def test_a_column_is_moved_one_place_at_a_time(
    agent: Client, user: User, move: str, expected: list[str]
) -> None:
    agent.post(reverse("calls-columns"), {"column": ["time", "caller", "callee"], "move": move})

    assert Preferences.objects.get(user=user).columns == expected


def test_columns_are_chosen_without_losing_the_search(agent: Client) -> None:
    query = "outcome=busy&sort=-talk"

    response = agent.post(reverse("calls-columns"), {"column": "time", "query": query})

    assert response["Location"] == f"{reverse('calls')}?{query}"


# The box


def test_exactly_one_hit_opens_the_call(agent: Client, say: Say) -> None:
    call = say("123425c-6483", callee="13100001111")
    say("other", callee="13100002222")

    assert find(agent, "123425c-6483")["Location"] == call.get_absolute_url()
    assert find(agent, " 131 0000 1111 ")["Location"] == call.get_absolute_url()


@pytest.fixture
def several(say: Say) -> None:
    say(
        "a",
        "yeta",
        callee="13100001111",
        details={"task_id": "t-1"},
        dialog=dialog(("您好", "我要人工")),
        codes=(CodeFact(scheme="q850", value="17", place="x"),),
    )
    say(
        "b",
        "yeta",
        callee="13100001111",
        details={"task_id": "t-1"},
        dialog=dialog(("您好", "不要人工")),
        codes=(CodeFact(scheme="q850", value="17", place="x"),),
    )


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("13100001111", "number=13100001111"),
        ("+86 131-0000-1111", "number=%2B86+131-0000-1111"),
        ("1310000", "number=1310000%2A"),
        ("1111", "number=%2A1111"),
        (
            "13100001111\n13100002222, 13100003333",
            "number=13100001111&number=13100002222&number=13100003333",
        ),
        ("t-1", "task=t-1"),
        ("q850/17", "code=q850%2F17"),
        ("17", "code=q850%2F17"),
        ("busy", "outcome=busy"),
        ("Yeta", "vendor=yeta"),
        ("yeta main", "account=yeta+main"),
        ("人工", "said=%E4%BA%BA%E5%B7%A5"),
        ("outcome:busy 人工", "outcome=busy&said=%E4%BA%BA%E5%B7%A5"),
        ("vendor:yeta -code:q850/16", "vendor=yeta&-code=q850%2F16"),
    ],
)
def test_the_box_takes_what_people_have_at_hand(
    agent: Client, several: None, typed: str, query: str
) -> None:
    address = find(agent, typed)["Location"]

    assert address.partition("&typed=")[0] == f"{reverse('calls')}?{query}"


def test_other_readings_of_a_word_are_offered(agent: Client, say: Say) -> None:
    say("number", callee="13100008103")
    say("number too", callee="13200008103")
    say("code", codes=(CodeFact(scheme="huawei.state", value="8103", place="stateCode"),))

    response = agent.get(find(agent, "8103")["Location"])

    assert set(listed(response)) == {"number", "number too"}
    assert "code:huawei.state/8103" in text_of(response)


def test_a_mistake_in_the_box_is_marked_where_it_stands(agent: Client) -> None:
    response = find(agent, "vendor:yeta outcom:busy")

    assert response.status_code == 400
    assert "<mark>outcom</mark>" in text_of(response)
    assert 'Did you mean "outcome"?' in text_of(response)
    assert 'value="vendor:yeta outcom:busy"' in text_of(response)


def test_ten_thousand_pasted_numbers_are_too_many_and_said_to_be(agent: Client) -> None:
    pasted = "\n".join(str(13100000000 + n) for n in range(10_000))

    response = find(agent, pasted)

    assert response.status_code == 400
    assert "10000 numbers were pasted; at most 200" in text_of(response)


@pytest.mark.parametrize(
    "typed",
    [
        "\x00",
        "a\x00b",
        "*",
        '"',
        "-",
        ",",
        ":::",
        "?!",
        "\u202e12",
        HOSTILE,
        "number:" + "9" * 5000,
    ],
)
def test_nonsense_in_the_box_is_never_an_error_of_ours(
    agent: Client, several: None, typed: str
) -> None:
    response = find(agent, typed)

    assert response.status_code in {302, 400}
    if response.status_code == 302:
        assert agent.get(response["Location"]).status_code == 200


def test_the_box_stands_on_every_page(agent: Client, say: Say) -> None:
    call = say("a")

    for address in (reverse("calls"), call.get_absolute_url(), reverse("codes"), reverse("views")):
        assert 'id="box"' in text_of(agent.get(address))


# Saved views


def test_a_search_is_kept_under_a_name_and_opened_again(
    agent: Client, user: User, say: Say
) -> None:
    say("a")
    Preferences.objects.create(user=user, columns=["call_id"])

    made = agent.post(
        reverse("views"), {"name": "Busy ones", "query": "outcome=busy&sort=-talk", "pin": "1"}
    )
    Preferences.objects.update(columns=["time"])
    view = SavedView.objects.get()
    opened = agent.get(reverse("view", args=[view.pk]))

    assert view.search == "outcome:busy sort:-talk"
    assert made["Location"] == opened["Location"]
    shown = agent.get(opened["Location"])
    assert [heading.column.key for heading in shown.context["headings"]] == ["call_id"]
    assert "Busy ones" in text_of(agent.get(reverse("codes")))  # pinned: on every page


def test_the_view_that_a_person_chose_is_where_they_begin(agent: Client) -> None:
    agent.post(reverse("views"), {"name": "Mine", "query": "outcome=busy", "default": "1"})

    first = agent.get(reverse("home"))

    assert first["Location"] == reverse("view", args=[SavedView.objects.get().pk])


def test_a_view_is_seen_by_its_owner_and_the_group_it_is_shared_with(
    agent: Client, user: User, client: Client
) -> None:
    team, others = Group.objects.create(name="team"), Group.objects.create(name="others")
    user.groups.add(team)
    refused = agent.post(reverse("views"), {"name": "Ours", "query": "", "group": others.pk})
    agent.post(reverse("views"), {"name": "Ours", "query": "outcome=busy", "group": team.pk})
    view = SavedView.objects.get()
    address = reverse("view", args=[view.pk])

    assert refused.status_code == 400
    for name, groups, status in [("colleague", [team], 302), ("stranger", [others], 404)]:
        other = User.objects.create_user(name)
        other.user_permissions.add(Permission.objects.get(codename="view_call"))
        other.groups.set(groups)
        client.force_login(other)
        assert client.get(address).status_code == status
        assert client.post(reverse("view-delete", args=[view.pk])).status_code == 404
        assert client.post(reverse("view-change", args=[view.pk]), {"name": "x"}).status_code == 404


def test_a_view_whose_filter_is_gone_says_so(agent: Client, user: User, say: Say) -> None:
    say("a")
    view = SavedView.objects.create(
        owner=user, name="Old", search="colour:red", columns=["gone", "time"]
    )

    shown = agent.get(reverse("view", args=[view.pk]), follow=True)

    assert shown.status_code == 200
    assert 'There is no filter "colour"' in text_of(shown)
    assert 'There is no filter "colour"' in text_of(agent.get(reverse("views")))


def test_a_view_whose_column_is_gone_shows_the_others_and_says_so(
    agent: Client, user: User, say: Say
) -> None:
    say("a")
    view = SavedView.objects.create(owner=user, name="Old", search="", columns=["gone", "time"])

    shown = agent.get(reverse("view", args=[view.pk]), follow=True)

    assert "This view names columns that no longer exist: gone." in text_of(shown)
    assert listed(shown) == ["a"]


def test_two_views_of_one_name_are_refused_with_a_sentence(agent: Client) -> None:
    for status in (302, 400):
        response = agent.post(reverse("views"), {"name": "Mine", "query": ""})
        assert response.status_code == status

    assert "a view of this name already" in text_of(response)


def test_a_view_without_a_name_is_refused_with_a_sentence(agent: Client) -> None:
    response = agent.post(reverse("views"), {"name": "  ", "query": ""})

    assert response.status_code == 400
    assert "Name:" in text_of(response)


def test_the_last_search_is_one_click_away(agent: Client, say: Say) -> None:
    Account.objects.create(vendor="yeta", name="Main")
    page(agent, "?vendor=yeta&outcome=busy")

    assert "vendor:yeta outcome:busy" in page(agent)
