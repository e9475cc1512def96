"""One walk through all that an administrator can open: what each answer tells a browser, and that
no secret of ours is in any."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.security.browsers import lacks
from tests.test_access import DOORS, admin_addresses, ask, client_of
from tests.test_access import everything_told as text_of
from vendors import accounts, vault
from vendors.models import AlarmContact, PushToken, VendorAccount, Way

pytestmark = pytest.mark.django_db

PLANTED = {
    "app key": "planted-app-key-4711",
    "app secret": "planted-app-secret-4712",
    "signing token": "planted-signing-token-4713",
    "webhook": "planted-webhook-secret-4714",
    "metrics": "planted-metrics-token-4715",
    "mail": "planted-mail-password-4716",
    "password": "planted-pass-phrase-4717",
}


@dataclass(frozen=True, kw_only=True)
class Walk:
    """What was told where, the log of it, what the answers lack, and the secrets that there are."""

    told: dict[str, str]
    lacking: dict[str, list[str]]
    secrets: dict[str, str]
    addresses: list[str]  # the secret parts of push addresses

    def telling(self, secret: str) -> set[str]:
        plain = re.sub(r"[\s().+-]", "", secret)  # as ``everything_told`` gives all words
        return {where for where, words in self.told.items() if plain in words}


def plant(portal: SimpleNamespace) -> dict[str, str]:
    """Have every secret known, so that it can be looked for."""
    huawei = VendorAccount.objects.get(vendor="huawei")
    keys = {"app_key": PLANTED["app key"], "app_secret": PLANTED["app secret"]}
    accounts.configure(huawei, keys)
    voicepush = VendorAccount.objects.get(vendor="voicepush")
    accounts.configure(voicepush, {"auth_token": PLANTED["signing token"]})
    AlarmContact.objects.create(
        name="hook",
        way=Way.WEBHOOK,
        address="https://hook.example/",
        sealed=vault.seal(PLANTED["webhook"]),
    )
    user = portal.people["administrator"]
    user.set_password(PLANTED["password"])
    user.save()
    sealed = {f"sealed token {one.pk}": one.sealed for one in PushToken.objects.all()}
    return {
        **PLANTED,
        **sealed,
        "secret key": settings.SECRET_KEY,
        "credentials key": settings.CREDENTIALS_KEYS[0],
        "hash of a password": user.password,
    }


def answers(portal: SimpleNamespace, client: Client) -> Iterator[tuple[str, Any]]:
    for name, door in DOORS.items():
        if door.post is None:
            yield name, ask(portal, client, name)
    for address in admin_addresses():
        yield address, client.get(address)
    for kind in ("csv", "xlsx"):
        yield kind, client.post("/calls/export/", {"format": kind, "which": "all"})


@pytest.fixture(scope="module")
def walk(portal: SimpleNamespace, django_db_blocker: Any) -> Walk:
    heard: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.handle = heard.append  # type: ignore[assignment,method-assign]
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "METRICS_TOKEN", PLANTED["metrics"])
        patch.setattr(settings, "EMAIL_HOST_PASSWORD", PLANTED["mail"])
        secrets = plant(portal)
        logging.getLogger().addHandler(handler)
        told, lacking = {}, {}
        for name, response in answers(portal, client_of(portal, "administrator")):
            lacking[name] = lacks(response)
            told[name] = text_of(response)
        logging.getLogger().removeHandler(handler)
        log = " ".join(f"{one.getMessage()} {vars(one)}" for one in heard)
        told["log"] = re.sub(r"[\s().+-]", "", log)
        addresses = [one.token for one in PushToken.objects.all()]
    return Walk(told=told, lacking=lacking, secrets=secrets, addresses=addresses)


def test_every_answer_says_what_a_browser_may_do_with_it(walk: Walk) -> None:
    assert {name: missing for name, missing in walk.lacking.items() if missing} == {}


def test_so_does_every_answer_to_a_stranger(portal: SimpleNamespace) -> None:
    lacking = {name: lacks(one) for name, one in answers(portal, client_of(portal, "anonymous"))}

    assert {name: missing for name, missing in lacking.items() if missing} == {}


def test_no_page_file_or_log_tells_a_secret(walk: Walk) -> None:
    found = {which: walk.telling(secret) for which, secret in walk.secrets.items()}

    assert {which: where for which, where in found.items() if where} == {}


def test_a_push_address_is_told_where_it_is_copied_from_and_nowhere_else(walk: Walk) -> None:
    """It is a secret too; the page of its account shows it, to administrators."""
    showing = set().union(*(walk.telling(token) for token in walk.addresses))

    assert {re.sub(r"\d+", "1", where) for where in showing} <= {
        "/admin/vendors/vendoraccount/1/change/"
    }
