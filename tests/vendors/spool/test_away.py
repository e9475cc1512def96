"""While the database is away, pushes are kept on the disk and thanked for; afterwards they are in
the inbox as if it had never been away."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError

from calls.models import Call
from tests.conftest import addresses
from tests.vendors.spool.conftest import Away
from tests.vendors.test_edge import BODY, EVERYBODY, KEPT, REFUSED, heard
from vendors import accounts, inbox
from vendors.adapters.base import Trust
from vendors.models import Push, PushKind, RefusedPush, VendorAccount
from vendors.registry import VENDORS
from vendors.spool import doors, files, standing
from vendors.spool.files import Writer

pytestmark = pytest.mark.django_db

Known = Callable[..., VendorAccount]
Send = Callable[..., Any]
Drain = Callable[[], int]
KIND = "receiveCallRecord"


def bodies() -> list[bytes]:
    return [bytes(push.body) for push in Push.objects.order_by("pk")]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_push_is_thanked_for_in_the_vendors_words_and_kept_afterwards(
    vendor: str, known: Known, push: Send, away: Away, drain: Drain
) -> None:
    account = known(vendor)
    kind = VENDORS[vendor].kinds[0].key

    with away():
        response = push(account, kind, BODY, headers={"X-Trace": "7"})

    assert heard(response) == KEPT[vendor]
    assert not Push.objects.exists()
    assert drain() == 1
    kept = Push.objects.get()
    assert (bytes(kept.body), kept.kind, kept.account_id) == (BODY, kind, account.pk)
    assert (kept.remote_address, kept.headers["x-trace"]) == ("127.0.0.1", "7")
    assert (kept.state, kept.repeats) == ("waiting", 0)


def test_the_moment_of_arrival_is_that_of_the_push(
    known: Known, push: Send, away: Away, drain: Drain
) -> None:
    account = known()
    with away():
        push(account, KIND, BODY)
    came_at = standing.look().oldest_at

    drain()

    kept = Push.objects.get()
    assert kept.received_at == kept.next_try_at == came_at


def test_pushes_are_kept_in_the_order_in_which_they_came(
    known: Known, push: Send, away: Away, drain: Drain
) -> None:
    account = known()
    sent = [b"%d" % number for number in range(250)]  # some batches

    with away():
        for body in sent:
            push(account, KIND, body)

    assert drain() == 250
    assert bodies() == sent
    assert not files.waiting()


@pytest.mark.parametrize(
    "error",
    [
        DatabaseError("database disk image is malformed"),
        ProgrammingError('relation "vendors_push" does not exist'),
    ],
    ids=["malformed", "no tables"],
)
def test_whatever_the_databases_trouble_is(
    known: Known, push: Send, away: Away, drain: Drain, error: Exception
) -> None:
    account = known()

    with away(error):
        response = push(account, KIND, BODY)

    assert heard(response) == KEPT["yeta"]
    assert drain() == 1


def test_what_is_wrong_with_a_push_itself_is_not_spooled(
    known: Known, push: Send, away: Away
) -> None:
    account = known()

    with away(IntegrityError("no such account")):
        response = push(account, KIND, BODY)

    assert heard(response) == EVERYBODY[503]
    assert not files.waiting()


def test_once_it_is_away_pushes_do_not_wait_for_it(known: Known, push: Send, away: Away) -> None:
    account = known()
    with away():
        push(account, KIND, b"1")

    with away() as asked:
        answers = [heard(push(account, KIND, b"%d" % number)) for number in range(2, 5)]

    assert answers == [KEPT["yeta"]] * 3
    assert asked == []


def test_once_it_is_back_pushes_go_to_it_again(
    known: Known, push: Send, away: Away, drain: Drain
) -> None:
    account = known()
    with away():
        push(account, KIND, b"1")

    drain()
    push(account, KIND, b"2")

    assert bodies() == [b"1", b"2"]


def test_while_it_is_still_away_nothing_is_lost_by_trying(
    known: Known, push: Send, away: Away, drain: Drain
) -> None:
    account = known()
    with away():
        push(account, KIND, b"1")
        for _ in range(3):
            with pytest.raises(DatabaseError):
                drain()
        push(account, KIND, b"2")

    assert drain() == 2
    assert bodies() == [b"1", b"2"]


def test_a_repeat_is_counted_as_such(known: Known, push: Send, away: Away, drain: Drain) -> None:
    account = known()
    push(account, KIND, b"1")
    with away():
        for body in (b"1", b"2", b"2"):
            push(account, KIND, body)

    drain()

    assert {bytes(one.body): one.repeats for one in Push.objects.all()} == {b"1": 1, b"2": 1}
    row = PushKind.objects.get()
    assert (row.received, row.repeated, row.refused) == (2, 2, 0)


def test_who_dies_after_keeping_and_before_removing_the_file_has_changed_nothing(
    known: Known, push: Send, away: Away, drain: Drain
) -> None:
    account = known()
    with away():
        for body in (b"1", b"2", b"1"):
            push(account, KIND, body)
    (file,) = files.waiting()
    shutil.copy(file, file.with_name("0-again.spool"))

    drain()

    assert {bytes(one.body): one.repeats for one in Push.objects.all()} == {b"1": 1, b"2": 0}
    row = PushKind.objects.get()
    assert (row.received, row.repeated) == (2, 1)


def test_a_push_that_was_committed_while_nobody_waited_any_more_is_no_repeat(
    known: Known, push: Send, away: Away, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = known()
    keep = inbox.keep

    def keeps_and_is_cut(*args: Any) -> Any:
        keep(*args)
        raise DatabaseError("connection cut")

    monkeypatch.setattr(inbox, "keep", keeps_and_is_cut)
    monkeypatch.setattr("vendors.spool.reach.TRIED_TWICE_WITHIN", 0)
    away()  # the connection stays
    response = push(account, KIND, BODY)
    monkeypatch.setattr(inbox, "keep", keep)
    drain()

    assert heard(response) == KEPT["yeta"]
    assert Push.objects.get().repeats == 0


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_a_torn_last_push_costs_none_of_those_before_it(
    known: Known, push: Send, away: Away, drain: Drain, cut: int
) -> None:
    account = known()
    with away():
        for body in (b"1", b"2", b"3"):
            push(account, KIND, body)
    (file,) = files.waiting()
    os.truncate(file, file.stat().st_size - cut)

    assert drain() == 2
    assert bodies() == [b"1", b"2"]
    assert not files.waiting()
    assert not files.aside()


def test_nothing_of_a_push_can_be_read_on_the_disk(
    known: Known, push: Send, away: Away, spool: Path
) -> None:
    account = known()

    with away():
        push(account, KIND, b'{"caller":"13100001111"}')

    (file,) = files.waiting()
    assert b"1310000" not in file.read_bytes()
    assert oct(file.stat().st_mode)[-3:] == "600"
    assert oct(spool.stat().st_mode)[-3:] == "700"


# Without room.


def test_a_full_spool_is_an_honest_503(
    known: Known, push: Send, away: Away, drain: Drain, settings: Any
) -> None:
    account = known()
    settings.SPOOL_MEGABYTES = 1

    with away():
        answers = [heard(push(account, KIND, b"%d" % one + b"a" * 400_000)) for one in range(3)]

    assert answers == [KEPT["yeta"], KEPT["yeta"], EVERYBODY[503]]
    assert drain() == 2


def test_without_a_spool_the_vendor_is_told_to_come_again(
    known: Known, push: Send, away: Away, settings: Any
) -> None:
    account = known()
    settings.SPOOL_MEGABYTES = 0

    with away():
        response = push(account, KIND, BODY)

    assert heard(response) == EVERYBODY[503]
    assert response["Retry-After"] == "1"


@pytest.mark.parametrize("failing", ["write", "fdatasync"])
def test_a_disk_that_is_full_is_an_honest_503_and_costs_nothing_before_or_after(
    known: Known,
    push: Send,
    away: Away,
    drain: Drain,
    monkeypatch: pytest.MonkeyPatch,
    failing: str,
) -> None:
    account = known()
    does = getattr(os, failing)

    def fails(fd: int, *args: Any) -> Any:
        if failing == "write":
            does(fd, args[0][:30])  # a torn push
        raise OSError(28, "No space left on device")

    with away():
        push(account, KIND, b"1")
        monkeypatch.setattr(os, failing, fails)
        refused = push(account, KIND, b"2")
        monkeypatch.setattr(os, failing, does)
        push(account, KIND, b"3")
    drain()

    assert heard(refused) == EVERYBODY[503]
    assert {b"1", b"3"} <= set(bodies())
    assert not files.aside()


# Who is at the door.


def test_an_address_that_is_not_known_yet_is_never_thanked(
    make_account: Known, push: Send, away: Away
) -> None:
    account = make_account("yeta")
    addresses(account)

    with away():
        response = push(account, KIND, BODY)

    assert heard(response) == EVERYBODY[503]
    assert not files.waiting()


def test_a_process_that_starts_meanwhile_knows_the_accounts_from_its_disk(
    make_account: Known, push: Send, away: Away, afresh: Callable[[], None], drain: Drain
) -> None:
    secret = "a secret of ours"
    account = make_account("huawei", push_signature="enforce", app_secret=secret)
    addresses(account)
    doors.write()
    afresh()

    with away():
        response = push(account, "status", BODY)

    assert heard(response) == REFUSED["huawei"][401]
    door = doors.last_known("huawei", accounts.live_tokens(account)[0].token)
    assert door is not None
    assert [text for _, text in door.secrets] == [secret]
    assert secret.encode() not in doors._path().read_bytes()
    drain()
    assert RefusedPush.objects.get().reason == "signature"


def test_the_younger_of_both_memories_counts(known: Known, push: Send, away: Away) -> None:
    account = known()
    VendorAccount.objects.filter(pk=account.pk).update(is_enabled=False)
    doors.write()

    with away():
        response = push(account, KIND, BODY)

    assert heard(response) == REFUSED["yeta"][403]


def test_whoever_is_refused_meanwhile_leaves_a_trace_afterwards(
    known: Known, push: Send, away: Away, drain: Drain
) -> None:
    account = known(allowed_ips="203.0.113.0/24")

    with away():
        response = push(account, KIND, BODY)
    drain()

    assert heard(response) == REFUSED["yeta"][403]
    assert not Push.objects.exists()
    assert RefusedPush.objects.get().reason == "address"
    assert PushKind.objects.get().refused == 1


# Who empties which file.


def test_a_file_is_left_alone_while_its_process_lives(
    known: Known, push: Send, away: Away, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = known()
    other = Writer()
    monkeypatch.setattr("vendors.views.writer", other)
    with away():
        push(account, KIND, BODY)

    while_it_lives = drain()
    other.hand_over()  # as the kernel does when a process ends
    after_it_died = drain()

    assert (while_it_lives, after_it_died) == (0, 1)


def test_calls_come_of_it(known: Known, push: Send, away: Away, drain: Drain) -> None:
    account = known()
    with away():
        push(account, KIND, {"call_uuid": "c-1", "state": 1})

    drain()
    inbox.process()

    assert Call.objects.get().call_id == "c-1"
    assert Push.objects.get().trust == Trust.NOT_CHECKED
