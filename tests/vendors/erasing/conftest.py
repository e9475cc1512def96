"""A number wherever a number may stand, and a look at everything that is kept."""

import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from calls import facts, ingest
from calls.models import Call, Event, Export, Hearing, Hold, Preferences, Sound, Tag, Tally
from calls.tallies import SUMS
from tests import rich
from tests.calls.bills.conftest import workbook
from tests.told import as_told
from vendors import accounts, erased, inbox
from vendors.doorbell import doorbell, outbox_bell, recordings_bell
from vendors.erasing import running
from vendors.models import Import, Push, VendorAccount

NUMBER = "13100001111"
OTHER = "13100002222"  # the other party, who stays
SPOKEN = "幺三幺零零零零幺幺幺幺"
SPELLINGS = (
    NUMBER,
    f"+86{NUMBER}",
    f"0086{NUMBER}",
    "+86 131-0000-1111",
    "131 0000 1111",
    "１３１００００１１１１",
    SPOKEN,
)


_of_others: set[Path] = set()


@pytest.fixture(autouse=True)
def list_is_forgotten() -> Iterator[None]:
    """What was read of the list in a test."""
    yield
    erased.read()


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[SimpleNamespace]:
    """A portal where the number is everywhere. Made once; each test's changes are taken back, and
    at the end the portal itself."""
    with (
        django_db_blocker.unblock(),
        pytest.MonkeyPatch.context() as patch,
        transaction.atomic(),
    ):
        for bell in (doorbell, outbox_bell, recordings_bell):
            patch.setattr(bell, "ring", lambda: None)
        patch.setattr(running, "PATIENCE", 0.0)
        patch.setattr(rich, "NUMBERS", dict.fromkeys(rich.PLACES, NUMBER) | {"callee": OTHER})
        patch.setattr(rich, "NOTE", f"ask {NUMBER}")
        accounts.forget_doors()
        _of_others.update(Path(settings.DATA_DIR).rglob("*"))  # what other tests left
        yield _made()
        transaction.set_rollback(True)


def _made() -> SimpleNamespace:
    made = rich.portal()
    Hold.objects.all().delete()
    _said(made.call, made.push)
    _escaped(made)
    _kept_by_people(made)
    return made


@pytest.fixture
def portal(made: SimpleNamespace, db: None) -> SimpleNamespace:
    """The number stands everywhere."""
    return made


@pytest.fixture(scope="module")
def done(made: SimpleNamespace) -> Iterator[SimpleNamespace]:
    """The number was erased: what was there before, and what was said."""
    before, files, sums = in_database(), in_files(), figures()
    sound = Sound.objects.exclude(name="").get().name
    events = set(Event.objects.values_list("key", flat=True))
    with transaction.atomic():
        said = erase(NUMBER, "--yes")
        yield SimpleNamespace(
            **vars(made), before=before, files=files, sums=sums, said=said, voice=sound, keys=events
        )
        transaction.set_rollback(True)


@pytest.fixture
def gone(done: SimpleNamespace, db: None) -> SimpleNamespace:
    return done


def erase(*words: str) -> str:
    out = StringIO()
    call_command("erase", *words, stdout=out)
    return out.getvalue()


def figures() -> list[Any]:
    names = ("grain", "at", "account_id", "outcome", *SUMS)
    return sorted(Tally.objects.values_list(*names))


def _said(call: Call, push: Push) -> None:
    """In words and in every spelling."""
    turns = tuple(
        facts.TurnFacts(key=f"s{place}", text_customer=f"It is {one}, yes", node_name=one)
        for place, one in enumerate(SPELLINGS)
    )
    said = facts.CallFacts(
        call_id=call.call_id,
        source=facts.Source.DIALOG,
        dialog=facts.DialogFacts(turns=turns),
        details={"task_id": f"t {NUMBER}", "client_tags": [NUMBER]},
        extra={NUMBER: int(NUMBER), "list": [f"{NUMBER}"]},
        recordings=(facts.RecordingFacts(address=f"https://voice.example/{NUMBER}_1.mp3"),),
    )
    one = ingest.Statement(push_id=push.pk, received_at=rich.NOON, account=call.account, facts=said)
    ingest.apply([one])


def body_of(call_id: str, **more: Any) -> dict[str, Any]:
    at = int(rich.NOON.timestamp() * 1000)
    return {
        "callId": call_id,
        "caller": NUMBER,
        "callee": OTHER,
        "phoneNoX": NUMBER,
        "beginCallTime": at,
        "startTime": at + 5000,
        "endTime": at + 65_000,
        "callDuration": 60,
        "callResult": 1,
    } | more


def push(account: VendorAccount, body: bytes, **headers: str) -> Push | None:
    """Send and process it; the push, if it is a new one."""
    before = set(Push.objects.values_list("pk", flat=True))
    path = accounts.webhooks(account)["cdr"].removeprefix("http://calls.example")
    Client().post(path, body, content_type="application/json", headers=headers)
    inbox.process()
    return Push.objects.exclude(pk__in=before).first()


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(one):04x}" for one in text)


def _escaped(made: SimpleNamespace) -> None:
    account = VendorAccount.objects.get(pk=made.call.account_id)
    made.pushes_account = account
    words = json.dumps(body_of("E1", userData=f"号{NUMBER}"))
    hidden = words.replace(NUMBER, escaped(NUMBER), 1)
    made.escaped_body = hidden.encode()
    push(account, made.escaped_body, **{"X-About": f"tel:+86{NUMBER}"})
    bare = json.dumps(body_of("E2")).replace(f'"{NUMBER}"', NUMBER)
    made.bare_body = bare.encode()
    push(account, made.bare_body)


def _kept_by_people(made: SimpleNamespace) -> None:
    user = made.people["administrator"]
    Preferences.objects.create(user=user, last_search=f"number:{NUMBER}")
    made.view.search = f"caller:{NUMBER}"
    made.view.save()
    Tag.objects.create(call=made.call, name=f"call {NUMBER}")
    Hearing.objects.create(
        sound=made.sound, call=made.call, user_name="w", act="played", address="::1", view="v"
    )
    Export.objects.create(
        user=user,
        user_name="w",
        address="::1",
        format="csv",
        zone="UTC",
        language="en",
        state=Export.State.DONE,
        search=f"number:{NUMBER}",
        name=storages["exports"].save("found.csv", ContentFile(f"caller\n{NUMBER}".encode())),
        expires_at=timezone.now() + timedelta(hours=3),
    )
    Import.objects.create(
        account=made.pushes_account,
        file_name=f"{NUMBER}.zip",
        sha256="0" * 64,
        size_bytes=3,
        format="zip",
        name=storages["imports"].save("lost.zip", ContentFile(_zipped())),
        sample=[{"caller": NUMBER}],
        state=Import.State.DONE,
    )
    book = workbook([["caller", int(NUMBER), f"+86{NUMBER}"]])
    storages["bills"].delete(made.mapped.name)
    made.mapped.format = "xlsx"
    made.mapped.name = storages["bills"].save("b.xlsx", ContentFile(book))
    made.mapped.save()
    made.workbook = made.mapped
    kind = ContentType.objects.get_for_model(Call)
    LogEntry.objects.create(
        user=user,
        content_type=kind,
        object_id="1",
        object_repr=NUMBER,
        action_flag=CHANGE,
        change_message=f"was {NUMBER}",
    )
    client = Client()
    client.force_login(user)
    session = client.session
    session["looked for"] = NUMBER
    session.save()


def _zipped() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a/b.txt", f"caller={NUMBER}")
    return file.getvalue()


# Everything that is kept


def tells(value: Any) -> bool:
    text = as_told(value)
    return NUMBER in text or NUMBER[::-1] in text


def in_database() -> set[str]:
    """Every table and column of the database that tells the number, whoever made it."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            names = [one[0] for one in cursor.description]
            for row in cursor.fetchall():
                found |= {
                    f"{table}.{name}"
                    for name, value in zip(names, row, strict=True)
                    if value is not None and tells(value)
                }
    return found


def in_files() -> set[str]:
    root, found = Path(settings.DATA_DIR), set()
    for path in root.rglob("*"):
        if (
            path in _of_others
            or not path.is_file()
            or "sqlite3" in path.name
            or path.is_relative_to(root / "static")
        ):
            continue
        if tells(path.name) or tells(path.read_bytes()):
            found.add(str(path.relative_to(root)))
    return found
