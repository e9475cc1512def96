"""Page, API, CSV and a plain reading of the rows give the same calls for the same search."""

import csv
import io
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls import masking
from calls.facts import CodeFact
from calls.models import Call
from calls.search import Clauses, Search, keys, plan, read_text
from tests.calls.search.conftest import NOON, dialog

pytestmark = pytest.mark.django_db
quick = settings(
    max_examples=25,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

NUMBERS = ["13100001111", "13100002222", "13200001111", "85235757584", "055196866001"]
PHRASES = ["优惠券", "人工", "您好请问", "coupon"]
VALUES: dict[str, list[str]] = {
    "vendor": ["yeta", "huawei", "nxcloud"],
    "number": [*NUMBERS, "131*", "*1111", "*0000*", "852*"],
    "caller": [*NUMBERS, "13*"],
    "callee": [*NUMBERS, "*2222"],
    "shown": NUMBERS,
    "task": ["t-1", "t-2"],
    "id": ["t-1", "c3", "c4"],
    "call_id": ["c1", "c2"],
    "outcome": ["answered", "busy", "unknown"],
    "talk": [">5", "<10", "3-7", "none"],
    "code": ["q850/17", "0"],
    "said": [*PHRASES, "优"],
    "customer": PHRASES,
    "from": ["2026-11-01", "2026-11-01T12:00:05"],
    "to": ["2026-11-01", "2026-11-01T12:00:08"],
    "dialog": ["yes", "no"],
}
CLAUSE = st.sampled_from(sorted(VALUES)).flatmap(
    lambda name: st.tuples(st.just(name), st.booleans(), st.sampled_from(VALUES[name]))
)
SORTS = st.sampled_from(["", "", "time", "-talk", "talk", "ring"])


@pytest.fixture
def reader(client: Client) -> Iterator[Client]:
    user = User.objects.create_superuser("reader")
    client.force_login(user)
    with masking.eyes(user):
        yield client


@pytest.fixture
def calls(say: Callable[..., Call]) -> None:
    """Thirty calls of few numbers, so that searches meet."""
    some = random.Random(7)  # noqa: S311 - a story, not a secret
    for n in range(30):
        started = NOON + timedelta(seconds=n // 3)
        answered = some.choice([None, started + timedelta(seconds=2)])
        said: dict[str, Any] = {
            "caller": some.choice(NUMBERS),
            "callee": some.choice(NUMBERS),
            "display_number": some.choice([None, *NUMBERS]),
            "started_at": started,
            "rang_at": some.choice([None, started + timedelta(seconds=1)]),
            "answered_at": answered,
            "ended_at": answered and answered + timedelta(seconds=some.randrange(12)),
            "details": {"task_id": some.choice([None, "t-1", "t-2"])},
        }
        if some.random() < 0.4:
            code = CodeFact(scheme="q850", value=some.choice(["17", "0"]), place="cause")
            said["codes"] = (code,)
        if some.random() < 0.5:
            said["dialog"] = dialog((some.choice(PHRASES), some.choice(PHRASES)))
        say(f"c{n}", some.choice(["yeta", "huawei", "nxcloud"]), **said)


def of_rows(search: Search) -> list[int]:
    """A plain reading: every row, put in order by Python."""
    found = list(search.unordered())
    order = search.order
    known = [row for row in found if getattr(row, order.column) is not None]
    unknown = [row for row in found if getattr(row, order.column) is None]
    known.sort(key=lambda row: (getattr(row, order.column), row.pk), reverse=order.is_descending)
    unknown.sort(key=lambda row: row.pk, reverse=order.is_descending)
    return [row.pk for row in [*known, *unknown]]


def of_pages(client: Client, query: str) -> list[int]:
    found: list[int] = []
    address: str | None = f"?{query}&limit=4"
    while address:
        response = client.get(reverse("calls") + address)
        assert response.status_code == 200
        found += [row.call.pk for row in response.context["rows"]]
        address = response.context["older"]
    return found


def of_api(client: Client, query: str) -> list[int]:
    found: list[int] = []
    address = f"/api/v1/calls/?{query}&limit=7"
    while address:
        answer = client.get(address).json()
        found += [call["id"] for call in answer["results"]]
        address = answer["next"]
    return found


def of_csv(client: Client, query: str) -> list[str]:
    given = {"format": "csv", "columns": "call_id"}
    response: Any = client.post(f"{reverse('calls-export')}?{query}", given)
    if response.status_code == 302:
        return []  # there is nothing to export
    text = b"".join(response.streaming_content) if response.streaming else response.content
    lines = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    end = next((at for at, line in enumerate(lines) if not line), len(lines))
    return [line[0] for line in lines[1:end]]


@quick
@given(said=st.lists(CLAUSE, max_size=3), sort=SORTS, nearby=st.sampled_from([0, 3, 5000]))
def test_a_search_finds_the_same_calls_wherever_it_is_asked(
    said: list[tuple[str, bool, str]],
    sort: str,
    nearby: int,
    reader: Client,
    calls: None,
) -> None:
    search = Search(Clauses.gathered(said, sort))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "NEAR", nearby)  # few calls stand for many
        patch.setattr(keys, "HEAVY", 4)
        patch.setattr(keys, "MOST_KEYS", 3)
        expected = of_rows(search)

        assert of_pages(reader, search.query) == expected
        assert of_api(reader, search.query) == expected
        assert [call.pk for call in search.rows()] == expected
        ids = dict(Call.objects.values_list("pk", "call_id"))
        assert of_csv(reader, search.query) == [ids[pk] for pk in expected]
        assert read_text(search.text).query == search.query
        assert set(search.some(100)) == set(expected)


def test_a_part_and_its_opposite_are_all_calls(reader: Client, calls: None) -> None:
    for name, values in VALUES.items():
        for value in values:
            plain = set(of_rows(read_text(f"{name}:{value}")))
            negated = set(of_rows(read_text(f"-{name}:{value}")))
            assert not plain & negated
            assert len(plain | negated) == 30


def test_the_text_of_the_box_is_a_parameter_of_the_api(reader: Client, calls: None) -> None:
    query = QueryDict(mutable=True)
    query["q"] = "vendor:yeta -outcome:answered"

    found = of_api(reader, query.urlencode())

    assert found == of_rows(read_text("vendor:yeta -outcome:answered"))
    assert reader.get("/api/v1/calls/", {"q": "outcom:busy"}).status_code == 400
