"""Through real pushes: a vendor that is cut off, a storm of refusals, a queue that grows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.utils import timezone

from tests.vendors.watch.conftest import KIND, Clock, busy_of, record
from vendors import accounts, inbox
from vendors.models import (
    Act,
    Alarm,
    AlarmSort,
    Push,
    PushHour,
    PushKind,
    QueueSample,
    VendorAccount,
)
from vendors.watch import alarms, counting, looking
from vendors.watch.times import COLUMNS

pytestmark = pytest.mark.django_db

Look = Callable[..., None]
Send = Callable[..., Any]


def standing() -> list[tuple[str, str]]:
    return [(alarm.sort, alarm.kind) for alarm in alarms.standing().order_by("sort", "kind")]


def begin(push: Send, account: VendorAccount, look: Look, kind: str = KIND) -> None:
    """The watch has listened for a while, and pushes come."""
    for number in range(3):
        assert push(account, kind, record(number)).status_code == 200
        while inbox.process():
            pass
        look(2)


# Silence.


def test_a_vendor_that_is_cut_off_is_told_within_15_minutes(
    busy: VendorAccount, push: Send, look: Look
) -> None:
    begin(push, busy, look)
    assert standing() == []

    look(13)

    assert standing() == [("silence", "")]


def test_a_vendor_that_pushes_goes_without_an_alarm(
    busy: VendorAccount, push: Send, look: Look
) -> None:
    for number in range(15):
        assert push(busy, KIND, record(number)).status_code == 200
        inbox.process()
        look(3)

    assert not Alarm.objects.exists()


def test_a_silence_is_over_when_a_push_comes(busy: VendorAccount, push: Send, look: Look) -> None:
    begin(push, busy, look)
    look(15)

    push(busy, KIND, record(77))
    inbox.process()
    look()

    alarm = Alarm.objects.get()
    assert alarm.resolved_at == timezone.now()
    assert [act.act for act in alarm.acts.all()] == [Act.RAISED, Act.RESOLVED]


def test_one_kind_that_stops_is_told_by_its_name(
    account: VendorAccount, push: Send, look: Look
) -> None:
    busy_of(account, KIND, "receiveVoice")
    for number in range(8):
        assert push(account, KIND, record(number)).status_code == 200
        inbox.process()
        look(2)

    assert standing() == [("silence", "receiveVoice")]


def test_an_account_that_is_cut_off_has_one_alarm_and_not_one_a_kind(
    account: VendorAccount, look: Look
) -> None:
    busy_of(account, KIND, "receiveVoice")

    look(20)

    assert standing() == [("silence", "")]


def test_what_was_missed_while_nobody_looked_is_no_silence(
    busy: VendorAccount, look: Look, clock: Clock
) -> None:
    look()
    clock.shift(timedelta(hours=3))

    look(2)

    assert standing() == []


def test_a_silence_stands_though_the_watch_was_away_meanwhile(
    busy: VendorAccount, look: Look, clock: Clock
) -> None:
    look(20)
    clock.shift(timedelta(minutes=30))

    look(1)

    assert standing() == [("silence", "")]


def test_a_disabled_account_may_be_silent(busy: VendorAccount, look: Look) -> None:
    VendorAccount.objects.filter(pk=busy.pk).update(is_enabled=False)

    look(20)

    assert standing() == []


# Refusals.


def test_a_storm_of_401s_is_told_within_2_minutes(
    make_account: Callable[..., VendorAccount], push: Send, look: Look
) -> None:
    account = make_account("huawei", app_secret="secret", push_signature="enforce")

    for number in range(6):
        assert push(account, "fee", {"n": number}).status_code == 401
    look(1.5)

    assert standing() == [("refusals", "")]
    assert Alarm.objects.get().facts == {"refused": 6, "reasons": ["signature"]}


def test_a_storm_is_over_once_a_push_is_let_in_and_none_is_refused(
    account: VendorAccount, push: Send, look: Look
) -> None:
    accounts.configure(account, {"allowed_ips": "203.0.113.1"})
    for number in range(6):
        assert push(account, KIND, record(number)).status_code == 403
    look()
    accounts.configure(account, {"allowed_ips": ""})

    look(15)
    before = standing()
    push(account, KIND, record(7))
    inbox.process()
    look(1)

    assert before == [("refusals", "")]
    assert standing() == []


def test_a_single_refusal_is_no_storm(account: VendorAccount, push: Send, look: Look) -> None:
    accounts.configure(account, {"allowed_ips": "203.0.113.1"})
    push(account, KIND, record())

    look(2)

    assert standing() == []


# The queue.


def test_pushes_that_nobody_processes_are_told(
    account: VendorAccount, push: Send, look: Look
) -> None:
    push(account, KIND, record())

    look(4)
    early = standing()
    look(1.5)

    assert early == []
    assert standing() == [("queue", "")]
    assert Alarm.objects.get().facts["waiting"] == 1


def test_a_queue_that_is_worked_off_is_no_alarm_any_more(
    account: VendorAccount, push: Send, look: Look
) -> None:
    push(account, KIND, record())
    look(6)

    inbox.process()
    look()

    assert standing() == []
    assert Alarm.objects.get().resolved_at is not None


def test_old_pushes_that_are_processed_again_have_not_waited_since_they_came(
    account: VendorAccount, push: Send, look: Look, clock: Clock
) -> None:
    push(account, KIND, record())
    inbox.process()
    clock.shift(timedelta(days=30))

    inbox.put_back(Push.objects.all())
    look(1)

    assert standing() == []


def test_ever_more_that_wait_are_told_before_any_is_old(
    account: VendorAccount, push: Send, look: Look, clock: Clock
) -> None:
    now = timezone.now()
    QueueSample.objects.bulk_create(
        QueueSample(account=account, at=now - timedelta(seconds=30 * n), waiting=2000 - 150 * n)
        for n in range(12)
    )
    push(account, KIND, record())
    Push.objects.bulk_create(_copies(Push.objects.get(), 2100))

    look()

    assert standing() == [("queue", "")]


def _copies(one: Push, count: int) -> list[Push]:
    names = [field.attname for field in Push._meta.concrete_fields if not field.primary_key]
    values = {name: getattr(one, name) for name in names}
    return [Push(**values | {"digest": f"copy {number}".encode()}) for number in range(count)]


# Once, and by people.


def test_two_workers_that_look_at_once_raise_an_alarm_once(
    account: VendorAccount, push: Send, look: Look, clock: Clock
) -> None:
    push(account, KIND, record())
    clock.shift(timedelta(minutes=6))

    first, second = looking.look(), looking.look()
    key = alarms.Key(account.pk, AlarmSort.QUEUE)
    alarms._raise(key, {}, timezone.now())  # as one who read before the other wrote

    assert (first, second) == (True, False)
    assert Alarm.objects.count() == 1


def test_a_snoozed_alarm_that_comes_back_is_still_snoozed(
    account: VendorAccount, push: Send, look: Look
) -> None:
    push(account, KIND, record())
    look(6)
    until = timezone.now() + timedelta(hours=8)
    assert alarms.snooze(Alarm.objects.get(), "mei", until)
    inbox.process()
    look()

    push(account, KIND, record(2))
    look(6)

    assert standing() == [("queue", "")]
    assert alarms.standing().get().snoozed_until == until
    assert not alarms.calling().exists()


def test_what_a_person_does_is_written_down_and_can_be_undone(
    account: VendorAccount, clock: Clock
) -> None:
    alarms._raise(alarms.Key(account.pk, AlarmSort.QUEUE), {}, timezone.now())
    alarm = Alarm.objects.get()

    assert alarms.acknowledge(alarm, "mei")
    assert not alarms.acknowledge(alarm, "li")
    assert not alarms.calling().exists()
    assert alarms.give_back(alarm, "li")
    assert alarms.snooze(alarm, "li", timezone.now() + timedelta(hours=1))
    assert alarms.wake(alarm, "mei")

    assert alarms.calling().get() == alarm
    assert [(act.act, act.by) for act in alarm.acts.all()] == [
        ("raised", ""),
        ("acknowledged", "mei"),
        ("returned", "li"),
        ("snoozed", "li"),
        ("woken", "mei"),
    ]


# What the edge counts.


def test_what_came_is_counted_by_hour_and_kind(
    account: VendorAccount, push: Send, clock: Clock
) -> None:
    push(account, KIND, record())
    push(account, KIND, record())
    clock.shift(timedelta(minutes=5))
    push(account, KIND, record(2))
    counting.edge.write()
    push(account, KIND, record(3))
    counting.edge.write()

    hour, kind = PushHour.objects.get(), PushKind.objects.get()
    assert (hour.received, hour.repeated, hour.minutes) == (3, 1, 0b100001)
    assert (kind.received, kind.repeated, kind.last_at) == (3, 1, timezone.now())
    assert sum(getattr(hour, name) for name in COLUMNS) == 4


def test_counts_that_cannot_be_written_now_are_written_later(
    account: VendorAccount, push: Send, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_counts: Any) -> None:
        raise DatabaseError

    push(account, KIND, record())
    with monkeypatch.context() as broken:
        broken.setattr(counting, "write", fails)
        with pytest.raises(DatabaseError):
            counting.edge.write()
    push(account, KIND, record(2))
    counting.edge.write()

    assert PushKind.objects.get().received == 2


def test_what_is_usual_is_learned_from_pushes_that_were_there_before(
    account: VendorAccount, push: Send, clock: Clock
) -> None:
    for minute in (3, 3, 40):
        clock.move_to(timezone.now().replace(minute=minute))
        push(account, KIND, record(minute))
    counting.edge.forget()
    clock.shift(timedelta(hours=2))

    call_command("learn_pushes", verbosity=0)
    call_command("learn_pushes", verbosity=0)

    hour = PushHour.objects.get()
    assert (hour.received, hour.minutes) == (0, 1 << 3 | 1 << 40)
