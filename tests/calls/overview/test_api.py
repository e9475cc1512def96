"""Programs are told the figures that people see, in words that the documents explain."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from calls.figures.table import FIGURES
from calls.overview.api import FiguresSerializer
from calls.search.clauses import Clauses
from calls.search.grammar import write
from tests.calls.overview.conftest import Say
from tests.calls.overview.test_page import QUERIES, page

pytestmark = pytest.mark.django_db
DOCS = Path(__file__).parents[3] / "docs"


def told(client: Client, query: str) -> Any:
    response = client.get(f"{reverse('api-figures')}?{query}")
    assert response.status_code == 200, response.content
    return response.json()


@pytest.mark.parametrize("query", QUERIES[3:])
def test_the_api_tells_the_numbers_of_the_page(agent: Client, week: None, query: str) -> None:
    shown = page(agent, query).context["parts"]
    found = {one.name: one.found or agent.get(one.address).context["part"].found for one in shown}

    figures = told(agent, query)

    cells = {one.figure: one for one in found["vendors"]["total"]}
    now = figures["total"]["now"]
    assert [cells[one].now.text for one in ("calls", "in_progress", "answered")] == [
        f"{now[one]:,}" for one in ("calls", "in_progress", "answered")
    ]
    rate = now["answer_rate"]
    assert cells["answer_rate"].now.text == ("–" if rate is None else f"{rate:.1f} %")
    assert [one["vendor"] for one in figures["vendors"]] == [
        row.name for row in found["vendors"]["rows"]
    ]
    before = figures["total"]["before"]
    assert (before is None) is (cells["calls"].before is None)
    assert before is None or cells["calls"].before.calls == before["calls"]
    assert {one["hour"]: one["calls"] for one in figures["hours"]} == {
        hour.hour: hour.calls.calls for hour in found["hours"]["hours"] if hour.calls.calls
    }
    assert sum(one["calls"] for one in figures["week"]) == now["calls"]
    assert [(one["scheme"], one["value"], one["calls"]) for one in figures["codes"]] == [
        (row.scheme, row.value, row.calls.calls) for row in found["codes"]["rows"]
    ]
    assert [(one["number"], one["calls"]) for one in figures["numbers"]] == [
        (row.key, row.calls.calls) for row in found["numbers"]["rows"]
    ]


def test_numbers_are_masked_for_programs_as_for_people(viewer: Client, week: None) -> None:
    assert {one["number"] for one in told(viewer, "span=all")["numbers"]} <= {
        "****1111",
        "****0000",
    }


def test_a_mistake_is_a_sentence(agent: Client, say: Say) -> None:
    response = agent.get(f"{reverse('api-figures')}?from=yesterday&colour=red")

    assert response.status_code == 400
    assert set(response.json()) == {"from", "colour"}


def rows(text: str, first: str) -> list[list[str]]:
    """The rows of the table that begins with this cell."""
    table = text[text.index(f"| {first} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def test_the_document_defines_every_figure_as_the_page_does() -> None:
    told = {row[1].strip("`"): row for row in rows((DOCS / "figures.md").read_text(), "figure")}

    assert list(told) == list(FIGURES)
    for key, figure in FIGURES.items():
        label, _key, definition, leads_to = told[key]
        assert (label, definition) == (str(figure.label), str(figure.definition))
        assert write(Clauses.gathered(figure.behind)) in leads_to


def test_the_document_of_the_api_names_every_field_of_the_figures() -> None:
    text = (DOCS / "api.md").read_text()
    named = set(re.findall(r"`(\w+)`", text[text.index("## Figures") :].split("\n## ")[0]))

    def fields(serializer: Any) -> set[str]:
        found = set()
        for name, field in getattr(getattr(serializer, "child", serializer), "fields", {}).items():
            found |= {name} | fields(field)
        return found

    assert fields(FiguresSerializer()) <= named
