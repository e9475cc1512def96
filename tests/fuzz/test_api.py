"""The API against its own schema, with input made from the schema and input that breaks it.

On the WSGI application with a filled database: no 5xx, only the statuses, headers and bodies that
are documented, nothing without a token, bad input refused. Every check that schemathesis has but
one, which wants whatever the schema admits to be found: the grammar of a filter says more than a
schema can, and a word that breaks it is told.
"""

import io
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests import rich

pytestmark = pytest.mark.django_db

EXAMPLES = 6
bounded = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def portal(django_db_setup: None, django_db_blocker: Any) -> Iterator[SimpleNamespace]:
    with rich.standing(django_db_blocker) as made:
        yield made


@pytest.fixture(scope="module")
def headers(portal: SimpleNamespace, django_db_blocker: Any) -> dict[str, str]:
    """Of a program that may do whatever the API offers."""
    out = io.StringIO()
    with django_db_blocker.unblock():
        call_command("token", "add", "hostile", stdout=out)
    return {"Authorization": f"Bearer {out.getvalue().split()[-1]}"}


@pytest.fixture
def one_connection() -> Iterator[None]:
    """A server closes its connection after a request; the test's holds the portal."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
def test_no_input_gets_an_answer_that_is_not_in_the_schema(headers: dict[str, str]) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/schema/", get_wsgi_application(), headers=headers)
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]  # the schema is valid, or it ends here
        hostile = [
            operation.as_strategy(generation_mode=mode)
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        ]

        @bounded
        @given(case=st.one_of(hostile))
        def ask(case: Any) -> None:
            nonlocal asked
            asked += 1
            case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

        ask()

    assert asked > EXAMPLES
