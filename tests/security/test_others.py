"""What belongs to one person is nobody else's, whatever id stands in the address.

Every address that names an object by its id stands here: one that is added needs a line.
"""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.test_access import DOORS, _named, ask, client_of

pytestmark = pytest.mark.django_db

# Of one person: another of the very same role gets what who has none gets.
OWN = {
    "call-note-edit": 403,
    "export-file": 404,
    "export-cancel": 404,
    "export-again": 404,
    "mailing-pause": 404,
    "mailing-send": 404,
    "mailing-delete": 404,
    "view": 404,
    "view-change": 404,
    "view-pin": 404,
    "view-delete": 404,
}
# Of the office: who may see one may see all. Calls, pushes and what hangs on them are not divided
# among people; the permission is the border, which tests/test_access.py walks along.
SHARED = {
    *("api-call", "api-call-terminate", "api-outbound-cancel", "api-outbound-request"),
    *("call", "call-reveal", "call-note-write", "call-note-delete", "call-tag", "call-untag"),
    *("call-hold", "call-release", "call-end", "call-pushes", "number", "code", "api-code"),
    *("bill", "bill-columns", "bill-again", "bill-cancel", "bill-delete", "bill-file"),
    *("outbound-request", "outbound-cancel", "outbound-end", "outbound-decide", "outbound-resume"),
    *("push", "push-again", "trouble-job", "trouble-job-cancel", "refusal", "refusal-release"),
    *("import", "import-cancel", "import-columns", "import-confirm", "import-night"),
    "import-unreadable",
    *("alarm", "alarm-acknowledge", "alarm-return", "alarm-snooze", "alarm-wake"),
}
# Of who signed in, and of nobody else: tests/callportal/signin asks for those of others.
SIGNED_IN = {"session-end", "mfa_remove_webauthn"}
# Carry a ticket made for one session of one person.
TICKETED = {"sound-audio", "sound-peaks", "sound-download", "sound-renewal"}
# Name a sort of thing, and no object.
SORTS = {"overview-part", "outbound-new", "openid_connect_login", "openid_connect_callback"}


def naming(patterns: Any) -> set[str]:
    """The names of the addresses that take anything from the reader into their path."""
    found: set[str] = set()
    for one in patterns:
        if isinstance(one, URLResolver) and one.namespace != "admin":
            found |= naming(one.url_patterns)
        elif isinstance(one, URLPattern) and "<" in str(one.pattern):
            found.add(str(one.name))
    return found


@pytest.fixture
def colleague(portal: SimpleNamespace) -> Client:
    """Another supervisor: every permission of the owner, and nothing of the owner's."""
    user = User.objects.create_user("the colleague")
    user.groups.add(Group.objects.get(name="supervisor"))
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def test_every_address_that_names_an_object_has_a_line_here() -> None:
    assert naming(get_resolver().url_patterns) == {
        *OWN, *SHARED, *SIGNED_IN, *TICKETED, *SORTS
    }  # fmt: skip


@pytest.mark.parametrize("name", OWN)
def test_what_is_anothers_is_not_there(
    portal: SimpleNamespace, colleague: Client, name: str
) -> None:
    with transaction.atomic():
        assert ask(portal, colleague, name).status_code == OWN[name]
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", ["exports", "mailings", "views"])
def test_a_list_of_ones_own_names_nothing_of_anothers(
    portal: SimpleNamespace, colleague: Client, name: str
) -> None:
    told = ask(portal, colleague, name).content.decode()

    for one in (portal.view, portal.export, portal.mailing):
        assert f'/{one.pk}/"' not in re.sub(r'href="/calls/\d+/"', "", told)
        assert str(getattr(one, "name", "")) not in told


@pytest.mark.parametrize("name", sorted(SHARED - {"number", "code", "api-code"}))
def test_an_id_of_nothing_is_nothing(portal: SimpleNamespace, name: str) -> None:
    """And not a page about an empty row, nor a mistake."""
    door = DOORS[name]
    client = client_of(portal, "administrator")
    keys = [_named(portal, client, name, key) for key in door.keys]
    path = reverse(name, args=[2**62, *keys[1:]])

    with transaction.atomic():
        response = client.get(path) if door.post is None else client.post(path, door.post)
        transaction.set_rollback(True)

    assert response.status_code == 404


@pytest.mark.parametrize("name", sorted(TICKETED))
def test_a_ticket_to_hear_is_of_no_use_to_a_colleague(
    portal: SimpleNamespace, colleague: Client, name: str
) -> None:
    door, owner = DOORS[name], client_of(portal, "supervisor")
    path = reverse(name, args=[_named(portal, owner, name, key) for key in door.keys])

    assert owner.get(path).status_code == 200
    assert colleague.get(path).status_code == 403
    assert Client().get(path).status_code == 403
