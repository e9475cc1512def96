"""What is found afterwards: every acknowledged push once and done, the ledger, the sums, the calls.

    python -m tests.benchmarks.faults.found FILE

has a process of its own take the pushes of a pickle one after another, undisturbed, and print the
calls that come of them.
"""

import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.benchmarks.stage import ROOT, UNWANTED, VENDORS, StageError

# When, by which row and in which order something was told is no part of what a call is.
OWN = (
    *("id", "account", "account_ptr", "said", "first_received_at", "updated_at", "record_due_at"),
    *("is_late", "lost_at"),
)


def done(digests: Iterable[tuple[str, bytes]]) -> int:
    """How many of these pushes are in the inbox, once and done."""
    from django.db.models import Count

    from vendors.models import Push, State

    wanted = set(digests)
    rows = Push.objects.values_list("account__vendor", "digest", "state").annotate(Count("id"))
    found = {
        (vendor, bytes(digest)): (state, count) for vendor, digest, state, count in rows.order_by()
    }
    return sum(found.get(one) == (State.DONE, 1) for one in wanted)


def calls() -> dict[str, Any]:
    """Every call by its id, as everybody sees it, with how much belongs to it."""
    from django.core.serializers.json import DjangoJSONEncoder
    from django.db.models import Count

    from calls.models import Call

    names = [one.name for one in Call._meta.concrete_fields if one.name not in OWN]
    parts = ("legs", "events", "recordings", "codes")
    counted = Call.objects.annotate(
        **{f"count_of_{name}": Count(name, distinct=True) for name in parts}
    )
    rows = {
        f"{one.vendor} {one.call_id}": {
            **{name: getattr(one, name) for name in names},
            **{name: getattr(one, f"count_of_{name}") for name in parts},
        }
        for one in counted.iterator(1000)
    }
    told: dict[str, Any] = json.loads(json.dumps(rows, cls=DjangoJSONEncoder, sort_keys=True))
    return told


def undisturbed(pushes: list[tuple[str, str, bytes]]) -> dict[str, Any]:
    """The calls of a portal to which nothing happened."""
    with tempfile.TemporaryDirectory(prefix="callportal-undisturbed-") as folder:
        file = Path(folder) / "pushes"
        file.write_bytes(pickle.dumps(pushes))
        given = {name: text for name, text in os.environ.items() if name not in UNWANTED}
        for name in ("DATABASE_URL", "REDIS_URL"):
            given.pop(name, None)
        ran = subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-m", "tests.benchmarks.faults.found", str(file)],
            cwd=ROOT,
            env=given | {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "callportal.settings"},
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise StageError(f"the undisturbed run failed: {ran.stderr[-2000:]}")
        told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
        return told


def different(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Sentences on the calls that are not alike in both."""
    wrong = [f"{key} is in one alone" for key in sorted(one.keys() ^ other.keys())]
    for key in sorted(one.keys() & other.keys()):
        names = [name for name, value in one[key].items() if other[key][name] != value]
        if names:
            shown = "; ".join(f"{name}: {one[key][name]!r}, {other[key][name]!r}" for name in names)
            wrong.append(f"{key} differs in {shown}")
    return wrong


def main(file: str) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import transaction
    from django.utils import timezone

    from vendors import accounts, inbox
    from vendors.adapters.base import Trust, Verdict
    from vendors.evidence import Evidence

    call_command("migrate", verbosity=0)
    rows = {vendor: accounts.create(vendor, "Faults") for vendor in VENDORS}
    pushes = pickle.loads(Path(file).read_bytes())  # noqa: S301 - our own
    with transaction.atomic():
        for vendor, kind, body in pushes:
            evidence = Evidence(
                kind=kind,
                received_at=timezone.now(),
                path="",
                query="",
                headers="{}",
                remote_address="127.0.0.1",
                verdict=Verdict(trust=Trust.NOT_CHECKED),
            )
            inbox.keep(rows[vendor], evidence, body)
    inbox.process_all(3600)
    sys.stdout.write(f"{json.dumps(calls(), sort_keys=True)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
