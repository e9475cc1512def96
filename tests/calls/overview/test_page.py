"""The front page: every figure leads to the calls behind it, and the list shows as many."""

import re
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from calls import masking
from calls.facts import CodeFact
from calls.figures import counting
from calls.figures.reading import Reader
from calls.figures.table import FIGURES
from calls.models import Preferences, SavedView
from calls.overview import parts
from calls.search import patience, read_query
from tests.calls.overview.conftest import NOON, Say

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
NOW = NOON + timedelta(hours=2, minutes=5)  # 14:05 in Shanghai
RANGE = "from=2026-11-01&to=2026-11-03"


class Links(HTMLParser):
    """The figures of a page: addresses, and how many calls they say are behind them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("data-calls") is not None:
            self.found.append((given["href"] or "", int(given["data-calls"] or 0)))


def links(response: Any) -> list[tuple[str, int]]:
    parser = Links()
    parser.feed(response.content.decode())
    return parser.found


def text_of(response: Any) -> str:
    return " ".join(unescape(strip_tags(response.content.decode())).split())


def page(client: Client, query: str = "", **headers: str) -> Any:
    response = client.get(f"{reverse('overview')}?{query}", headers=headers or None)
    assert response.status_code == 200, response.status_code
    return response


def all_links(client: Client, query: str) -> set[tuple[str, int]]:
    """Those of the page, and of the parts that it asks for afterwards."""
    shown = page(client, query)
    found = set(links(shown))
    for one in shown.context["parts"]:
        if one.found is None:
            found |= set(links(client.get(one.address, headers=HTMX)))
    return found


QUERIES = [
    "",
    "when=last-7-days",
    "when=this-month&against=before",
    RANGE,
    f"{RANGE}&vendor=huawei&outcome=busy&outcome=answered",
    f"{RANGE}&-vendor=huawei&hour=8-20",
    f"{RANGE}&code=q850/17&against=nothing",
    f"{RANGE}&talk=>5&shown=131*",
    "from=2026-10-25T11:59:59&to=2026-11-03T12:00:01&direction=outbound&-talk=40",
    "from=2026-11-01&from=2026-10-30&-outcome=answered&weekday=sat&weekday=sun",
    "span=all&vendor=yeta",
]


@pytest.mark.parametrize("query", QUERIES)
def test_every_figure_leads_to_as_many_calls_as_it_says(
    agent: Client, week: None, query: str
) -> None:
    with time_machine.travel(NOW, tick=False), masking.revealed():
        found = all_links(agent, query)

        wrong = {}
        for address, calls in found:
            search = read_query(QueryDict(address.partition("?")[2]))
            assert not search.problems, search.problems
            if (listed := search.unordered().count()) != calls:
                wrong[address] = (calls, listed)
            told = counting.count(search)
            assert told in {None, calls}, address
    assert len(found) > 5
    assert wrong == {}


@pytest.mark.parametrize(
    "query",
    [
        "",
        RANGE,
        "vendor=yeta&state=ended",
        "outcome=answered&-talk=none&weekday=sun&hour=9-20",
        f"code=q850/17&-outcome=answered&{RANGE}",
        "shown=%2B8613100001111&from=2026-10-28T09:30&vendor=huawei",
    ],
)
def test_lists_that_figures_lead_to_are_counted_by_tallies(
    agent: Client, week: None, query: str
) -> None:
    with masking.revealed():
        search = read_query(QueryDict(query))

        assert counting.count(search) == search.unordered().count() > 0


def test_the_list_shows_the_very_count(agent: Client, week: None) -> None:
    with time_machine.travel(NOW, tick=False):
        found = set(links(page(agent, RANGE)))

        for address, calls in sorted(found)[::9]:
            query = address.partition("?")[2]
            counted = text_of(agent.get(f"{reverse('calls-count')}?{query}"))
            assert f" {calls} call" in counted
            listed = agent.get(address)
            assert len(listed.context["rows"]) == min(calls, 50)


def test_today_is_held_against_the_same_hours_of_the_same_day_last_week(
    agent: Client, say: Say
) -> None:
    say("today", started_at=NOON)
    say("a week ago", started_at=NOON - timedelta(days=7))
    say("another a week ago", started_at=NOON - timedelta(days=7, hours=1))
    say("later on that day", started_at=NOON - timedelta(days=7, hours=-4))

    with time_machine.travel(NOW, tick=False):
        shown = page(agent)

    calls = shown.context["parts"][0].found["total"][0]
    assert (calls.now.text, calls.before.text) == ("1", "2")
    assert calls.change.text == "-50.0 % fewer"
    assert "from 2026-11-03 00:00 up to 2026-11-03 14:05" in text_of(shown)
    assert "from 2026-10-27 00:00 up to 2026-10-27 14:05" in text_of(shown)


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ("when=today&against=before", "2026-11-02 00:00", "2026-11-02 14:05"),
        ("when=yesterday", "2026-10-26 00:00", "2026-10-27 00:00"),
        ("when=last-7-days", "2026-10-21 00:00", "2026-10-27 14:05"),
        ("when=last-30-days", "2026-08-31 00:00", "2026-09-29 14:05"),
        ("when=last-month&against=before", "2026-09-01 00:00", "2026-10-01 00:00"),
        ("from=2026-11-01&to=2026-12-01&against=before", "2026-10-01 00:00", "2026-10-03 14:05"),
        (
            "from=2026-11-02T10:00&to=2026-11-02T12:00&against=before",
            "2026-11-02 08:00",
            "2026-11-02 10:00",
        ),
    ],
)
def test_a_range_is_held_against_one_as_long(
    agent: Client, say: Say, query: str, since: str, until: str
) -> None:
    say("a")

    with time_machine.travel(NOW, tick=False):
        shown = text_of(page(agent, query))

    assert f"held against those from {since} up to {until}" in shown


@pytest.mark.parametrize("against", ["week", "before"])
@pytest.mark.parametrize(
    "query",
    [
        "from=1900-01-02&to=8999-12-31",
        "from=2000-01-01&to=8000-01-01",
        "from=8000-01-01&to=8001-01-01",
        "from=2026-11-03&to=2026-11-01",
        "now=yesterday&span=some",
        "now=0001-01-01T00:00:00Z",
    ],
)
def test_an_odd_range_is_no_mistake_of_ours(
    agent: Client, say: Say, query: str, against: str
) -> None:
    say("a")

    page(agent, f"{query}&against={against}")


def test_figures_are_what_their_definitions_say(agent: Client, say: Say) -> None:
    answered = {"answered_at": NOON + timedelta(seconds=7)}
    say("a", ring_seconds=7, talk_seconds=60, **answered)
    say("b", ring_seconds=9, talk_seconds=90, **answered)
    say("nobody told how long", ring_seconds=None, talk_seconds=None, **answered)
    say("busy", codes=(CodeFact(scheme="q850", value="17", place="cause"),))
    say("going on", is_final=False)

    with time_machine.travel(NOW, tick=False):
        cells = page(agent, "when=today&against=nothing").context["parts"][0].found["total"]

    shown = {one.figure: (one.now.text, one.now.calls) for one in cells}
    assert shown["calls"] == ("5", 5)
    assert shown["in_progress"] == ("1", 1)
    assert shown["answered"] == ("3", 3)
    assert shown["answer_rate"] == ("75.0 %", 4)
    assert shown["mean_talk"] == ("1:15", 2)
    assert shown["mean_ring"][0] == "0:08"


def test_any_filter_of_the_list_reads_back_as_a_chip(agent: Client, week: None) -> None:
    shown = page(agent, f"{RANGE}&vendor=yeta&-code=q850/17")

    chips = {(chip.label, chip.value, chip.is_negated) for chip in shown.context["chips"]}
    assert {("Vendor", "yeta", False), ("Code", "q850/17", True)} <= chips


def test_the_list_leads_to_the_figures_of_its_search_and_back(agent: Client, week: None) -> None:
    listed = agent.get(f"{reverse('calls')}?vendor=yeta&{RANGE}")

    figures = agent.get(listed.context["figures"])

    assert figures.context["list_address"].startswith(f"{reverse('calls')}?vendor=yeta&from=")
    total = figures.context["parts"][0].found["total"][0].now.calls
    assert total == len(listed.context["rows"])
    ever = agent.get(agent.get(f"{reverse('calls')}?vendor=yeta").context["figures"])
    assert ever.context["list_address"] == f"{reverse('calls')}?vendor=yeta"


def test_a_search_that_cannot_be_understood_is_a_sentence(agent: Client, say: Say) -> None:
    say("a")

    shown = text_of(page(agent, "outcome=buzy&from=yesterday"))

    assert "No figures are shown, because the search cannot be understood" in shown
    assert "From: Expected a date and time" in shown


def test_an_empty_portal_says_what_would_fill_it(agent: Client) -> None:
    assert "Figures appear here as soon as a vendor pushes calls" in text_of(page(agent))


def test_a_range_without_calls_says_what_would_fill_it(agent: Client, say: Say) -> None:
    say("a")

    shown = text_of(page(agent, "from=2020-01-01&to=2020-01-02"))

    assert "No call occurred in this range." in shown


def test_empty_fields_of_the_form_are_no_filters(agent: Client) -> None:
    response = agent.get(f"{reverse('overview')}?vendor=yeta&from=&against=before&number=")

    assert response["Location"] == f"{reverse('overview')}?vendor=yeta&against=before"


def test_what_takes_its_time_is_asked_for_by_the_page(agent: Client, week: None) -> None:
    with time_machine.travel(NOW, tick=False):
        shown = page(agent, "when=last-7-days&talk=>5")
        waiting = {one.name: one.address for one in shown.context["parts"] if one.found is None}
        assert set(waiting) == set(parts.PARTS)

    with time_machine.travel(NOW + timedelta(minutes=9), tick=False):
        alone = agent.get(waiting["vendors"], headers=HTMX)
        whole = agent.get(waiting["vendors"])

    for response in (alone, whole):
        total = response.context["part"].found["total"][0]
        assert "to=2026-11-03T14:05:00%2B08:00" in total.now.address
    assert "<html" not in alone.content.decode()
    assert "<html" in whole.content.decode()


def test_what_takes_too_long_says_so(
    agent: Client, week: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*_given: Any) -> Any:
        raise patience.TooSlowError

    monkeypatch.setattr(Reader, "sums", too_slow)

    shown = text_of(page(agent, RANGE))

    assert "Adding this up takes too long. A shorter range of days helps." in shown


def test_a_part_that_does_not_exist_is_not_found(agent: Client) -> None:
    assert agent.get(reverse("overview-part", args=["nothing"])).status_code == 404


def test_who_sees_numbers_masked_is_told_none_by_an_address(
    agent: Client, viewer: Client, week: None
) -> None:
    with time_machine.travel(NOW, tick=False):
        masked = page(viewer, RANGE).content.decode()
        whole = page(agent, RANGE).content.decode()

    assert "shown=%2B8613100001111" in whole
    assert "8613100001111" not in masked
    assert "****1111" in masked
    assert links(page(viewer, RANGE))


def test_people_begin_at_the_overview_unless_they_chose_a_view(agent: Client) -> None:
    assert agent.get(reverse("home"))["Location"] == reverse("overview")

    user = User.objects.get(username="agent")
    view = SavedView.objects.create(name="Mine", owner=user, search="outcome:busy")
    Preferences.objects.update_or_create(user=user, defaults={"default_view": view})

    assert agent.get(reverse("home"))["Location"] == reverse("view", args=[view.pk])


def test_each_figure_has_its_definition_at_hand(agent: Client, week: None) -> None:
    shown = page(agent, RANGE).content.decode()

    for key, figure in FIGURES.items():
        assert f'id="what-{key}"' in shown
        assert f'popovertarget="what-{key}"' in shown
        assert str(figure.definition) in unescape(shown)


def test_the_page_asks_no_more_when_there_are_more_calls(agent: Client, say: Say) -> None:
    costs = []
    with time_machine.travel(NOW, tick=False):
        for length in (1, 12):
            for number in range(length):
                say(f"c{length}-{number}", display_number=f"131000011{number:02}")
            page(agent)
            with CaptureQueriesContext(connection) as asked:
                page(agent)
            costs.append(len(asked))

    assert costs[0] == costs[1] <= 40


def test_a_count_of_many_calls_is_told_to_the_last(
    agent: Client, week: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "MOST_COUNTED", 3)
    path = reverse("calls-count")

    some = agent.get(f"{path}?{RANGE}&talk=none", headers=HTMX).content.decode()
    more = agent.get(unescape(re.findall(r'hx-get="([^"]+)"', some)[0]), headers=HTMX)
    ever = agent.get(f"{path}?talk=none", headers=HTMX).content.decode()

    assert "More than 3 calls" in some
    assert 'hx-trigger="load"' in some
    assert 'hx-trigger="load"' not in ever
    assert "More than" not in text_of(more)


def test_the_clock_of_another_zone_moves_hours_and_not_calls(agent: Client, week: None) -> None:
    user = User.objects.get(username="agent")
    totals = set()
    for zone in ("Asia/Shanghai", "Asia/Kolkata", "America/New_York"):
        Preferences.objects.update_or_create(user=user, defaults={"zone": zone})
        shown = page(agent, "from=2026-10-25T00:00:00Z&to=2026-11-03T00:30:00Z")
        part = next(one for one in shown.context["parts"] if one.name == "hours")
        hours = part.found or agent.get(part.address).context["part"].found
        totals.add((hours["total"], sum(hour.calls.calls for hour in hours["hours"])))
        for address, calls in links(shown)[::7]:
            counted = agent.get(f"{reverse('calls-count')}?{address.partition('?')[2]}")
            assert f" {calls:,} call" in text_of(counted)

    assert len(totals) == 1
