"""Having a whole group processed again: tried out first, then done in the background."""

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils.http import urlencode

from calls import ingest, recounting
from calls.models import AuditEntry, Call, Sound
from tests.conftest import sample
from tests.vendors.push_pages.conftest import AGAIN, CALLS, NUMBERS, SEE, SignIn, sign_in
from vendors import inbox, tasks
from vendors.adapters.base import Reading
from vendors.models import Push, ReprocessJob, State, VendorAccount
from vendors.trouble import groups, jobs, rehearsal

__all__ = ["sign_in"]

pytestmark = pytest.mark.django_db

WRONG = "callInfo[0].x: expected text, got 5"
WHAT = "callInfo[*].x: expected text, got …"
QUERY = urlencode(
    {"vendor": "yeta", "kind": "receiveCallRecord", "state": "unreadable", "trouble": WHAT}
)
ADDRESS = f"/trouble/again/?{QUERY}"
PROGRESS = ReprocessJob.Progress

MakeAccount = Callable[..., VendorAccount]
Send = Callable[..., Any]


def record(number: int, **values: Any) -> dict[str, Any]:
    return sample("yeta", "receiveCallRecord__document") | {"call_uuid": f"c-{number}"} | values


@pytest.fixture
def account(make_account: MakeAccount) -> VendorAccount:
    return make_account("yeta")


@pytest.fixture
def spoil(account: VendorAccount, push: Send, monkeypatch: pytest.MonkeyPatch) -> Send:
    """Push records that the adapter of that day could not read. Today's can."""

    def spoil(*bodies: Any) -> list[Push]:
        for body in bodies:
            assert push(account, "receiveCallRecord", body).status_code == 200
        with monkeypatch.context() as patch:
            patch.setattr(inbox, "_read", lambda _: Reading(facts=(), problems=(WRONG,)))
            work()
        return list(Push.objects.filter(trouble=WHAT).order_by("id"))

    return spoil


@pytest.fixture
def operator(sign_in: SignIn) -> Client:
    return sign_in(CALLS, NUMBERS, SEE, AGAIN)


def work() -> None:
    while inbox.process():
        pass


def finish() -> None:
    """Steps and workers in turn, until every job is over."""
    while ReprocessJob.objects.filter(progress=PROGRESS.RUNNING).exists():
        jobs.carry_on()
        work()


def page(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers={"Accept-Language": "en"} | headers)
    assert response.status_code == 200, response.content[:300]
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(response.content.decode())).split())


def everything(*, but: tuple[str, ...] = ()) -> dict[str, list[Any]]:
    """Each row of ours, as the database holds it, but for these columns."""
    models = [
        *apps.get_app_config("calls").get_models(),
        *apps.get_app_config("vendors").get_models(),
    ]
    return {
        model.__name__: sorted(
            (
                sorted((name, value) for name, value in row.items() if name not in but)
                for row in model._default_manager.values()
            ),
            key=repr,
        )
        for model in models
        if model not in {ReprocessJob, AuditEntry}  # what was asked for
    }


def states() -> list[str]:
    return list(Push.objects.order_by("id").values_list("state", flat=True))


# Tried out.


def test_the_preview_says_what_would_become_of_a_sample(spoil: Send, operator: Client) -> None:
    spoil(record(1), record(2))

    text = page(operator, ADDRESS)

    assert "2 pushes would be processed again." in text
    assert "Tried just now on 2 of them" in text
    assert "Done 2" in text
    assert "2 calls would be made." in text


def test_the_preview_shows_fields_before_and_after(
    spoil: Send, operator: Client, deliver: Send, account: VendorAccount
) -> None:
    deliver(account, "receiveCallRecord", record(1, task_row_index=None))
    call = Call.objects.get()
    Call.objects.update(caller="13100009999", said={})
    spoil(record(1, caller="13100008888"))

    found = rehearsal.rehearse(rehearsal.sample(Push.objects.filter(trouble=WHAT)))
    text = page(operator, ADDRESS)

    [change] = found.changes
    assert change.key == call.pk
    caller = next(one for one in change.fields if one.label == "Caller")
    assert caller.before
    assert caller.after
    assert (caller.before.value, caller.after.value) == ("13100009999", "13100008888")
    assert "In calls that are there already, these fields would change:" in text
    assert "Caller (1 call)" in text
    assert "Caller 13100009999 13100008888" in text


def test_the_preview_changes_nothing_and_rings_for_nobody(
    spoil: Send, operator: Client, rings: list[None], caplog: pytest.LogCaptureFixture
) -> None:
    spoil(record(1), sample("yeta", "receiveVoice__document"))
    page(operator, "/calls/")
    before = everything()
    rings.clear()
    caplog.clear()
    caplog.set_level("INFO")

    with transaction.atomic():
        text = page(operator, ADDRESS)

    assert "calls would be made" in text
    assert everything() == before
    assert Sound.objects.count() == 0
    assert rings == []
    assert [one.getMessage() for one in caplog.records if one.name.startswith("callportal")] == []


def test_the_preview_masks_numbers_for_those_who_see_them_so(spoil: Send, sign_in: SignIn) -> None:
    spoil(record(1))
    masked, whole = sign_in(CALLS, SEE, AGAIN), sign_in(CALLS, SEE, AGAIN, NUMBERS)
    number = record(1)["callee"]

    assert number in page(whole, ADDRESS)
    assert number not in page(masked, ADDRESS)


def test_a_push_at_which_our_code_still_fails_is_told_and_the_others_are_tried(
    spoil: Send, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(record(1), record(2))
    apply = ingest.apply

    def broken(statements: Any) -> Any:
        if any(one.facts.call_id == "c-1" for one in statements):
            raise KeyError("leg")
        return apply(statements)

    monkeypatch.setattr(ingest, "apply", broken)

    text = page(operator, ADDRESS)

    assert "KeyError: 'leg'" in text
    assert "Done 1" in text
    assert "Failed 1" in text


def test_the_sample_is_of_the_newest_and_the_oldest_and_not_large(
    spoil: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "SAMPLE", 2)
    rows = spoil(*(record(number) for number in range(4)))
    pushes = Push.objects.filter(trouble=WHAT)

    assert {push.pk for push in rehearsal.sample(pushes)} == {rows[0].pk, rows[-1].pk}

    monkeypatch.setattr(rehearsal, "MOST_BYTES", 1)
    assert len(rehearsal.sample(pushes)) == 1


def test_a_database_that_is_too_busy_is_a_sentence(
    spoil: Send, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any) -> Any:
        raise OperationalError("database is locked")

    spoil(record(1))
    monkeypatch.setattr(ingest, "apply", busy)

    response = operator.get(ADDRESS, follow=True, headers={"Accept-Language": "en"})

    assert "The database was too busy" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "names no group"),
        ("state=done&trouble=x", "names no group"),
        ("state=failed&trouble=%00", "names no group"),
        ("vendor=yeta&kind=x&state=failed&trouble=x", "No push of this group is left."),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_address_that_names_no_group_leads_back_with_a_sentence(
    operator: Client, query: str, said: str, method: str
) -> None:
    answer = getattr(operator, method)
    response = answer(f"/trouble/again/?{query}", follow=True, headers={"Accept-Language": "en"})

    assert response.redirect_chain == [("/trouble/", 302)]
    assert said in response.content.decode()


@pytest.mark.parametrize("missing", [CALLS, SEE, AGAIN])
def test_trying_and_doing_need_every_permission(spoil: Send, sign_in: SignIn, missing: str) -> None:
    spoil(record(1))
    client = sign_in(*({CALLS, SEE, AGAIN} - {missing}))

    assert client.get(ADDRESS).status_code == 403
    assert client.post(ADDRESS).status_code == 403
    assert states() == ["unreadable"]


# Done.


def test_a_group_becomes_calls_in_portions(
    spoil: Send, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    spoil(*(record(number) for number in range(5)))

    address = operator.post(ADDRESS)["Location"]
    jobs.carry_on()
    first = states().count("waiting")
    work()
    after_one = page(operator, address)
    finish()

    assert first == 2
    assert "Running" in after_one
    assert "2 / 5" in after_one
    assert "5 / 5" in page(operator, address)
    assert states() == ["done"] * 5
    assert Call.objects.count() == 5
    job = ReprocessJob.objects.get()
    assert (job.progress, job.became_done, job.total) == (PROGRESS.DONE, 5, 5)
    assert job.ended_at is not None


def test_the_next_portion_waits_until_the_one_before_is_processed(
    spoil: Send, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    spoil(*(record(number) for number in range(5)))
    operator.post(ADDRESS)

    assert [jobs.carry_on() for _ in range(3)] == [True, False, False]
    assert states().count("waiting") == 2


def test_a_second_run_changes_nothing(
    account: VendorAccount, make_account: MakeAccount, deliver: Send, operator: Client
) -> None:
    good = sample("huawei", "fee__callback")["feeLst"][0]
    bad = good | {"sessionId": "another", "callEndTime": "yesterday"}
    deliver(account, "receiveCallRecord", record(1))
    assert len(deliver(make_account("huawei"), "fee", {"feeLst": [good, bad]})) == 2
    [group] = groups.count().largest
    times = ("settled_at", "next_try_at", "attempts")

    for _ in range(2):
        before = everything(but=times)
        operator.post(group.trouble.again_address)
        finish()

        assert everything(but=times) == before
    ended = list(ReprocessJob.objects.values_list("progress", "total", "became_done", "unreadable"))
    assert ended == [("done", 1, 0, 1)] * 2


def test_failed_pushes_are_done_after_the_mend(
    account: VendorAccount, push: Send, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise KeyError("leg")

    for number in range(3):
        push(account, "receiveCallRecord", record(number))
    with monkeypatch.context() as patch:
        patch.setattr(ingest, "apply", broken)
        for _ in range(inbox.MOST_ATTEMPTS):
            Push.objects.update(next_try_at=datetime(2026, 1, 1, tzinfo=UTC))
            work()
    assert states() == ["failed"] * 3
    [group] = groups.count().largest

    preview = page(operator, group.trouble.again_address)
    operator.post(group.trouble.again_address)
    finish()

    assert "Done 3" in preview
    assert states() == ["done"] * 3
    assert groups.count().groups == 0
    assert not [one for day in recounting.days() for one in recounting.check(day)]


def test_pushes_that_fail_again_hold_nobody_up(
    spoil: Send, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise KeyError("leg")

    spoil(record(1), record(2))
    address = operator.post(ADDRESS)["Location"]
    monkeypatch.setattr(ingest, "apply", broken)
    finish()

    text = page(operator, address)

    job = ReprocessJob.objects.get()
    assert (job.progress, job.failed) == (PROGRESS.DONE, 2)
    assert "A push that fails is tried twice more by itself" in text
    assert states() == ["waiting", "waiting"]


def test_what_the_vendor_pushes_meanwhile_is_no_part_of_it(
    spoil: Send, operator: Client, push: Send, account: VendorAccount
) -> None:
    spoil(record(1))
    operator.post(ADDRESS)
    late = spoil(record(2))[-1]
    push(account, "receiveCallRecord", record(1))  # the same bytes once more: counted, no more

    finish()

    assert ReprocessJob.objects.get().total == 1
    assert Push.objects.get(pk=late.pk).state == State.UNREADABLE
    assert Push.objects.first() is not None
    assert Push.objects.get(repeats=1).state == State.DONE


def test_two_who_ask_for_the_same_group_get_the_same_run(
    spoil: Send, operator: Client, sign_in: SignIn
) -> None:
    spoil(record(1))
    other = sign_in(CALLS, SEE, AGAIN)

    first = operator.post(ADDRESS)["Location"]
    second = other.post(ADDRESS, follow=True, headers={"Accept-Language": "en"})
    jobs.carry_on()
    third = other.post(ADDRESS)["Location"]

    assert second.redirect_chain == [(first, 302)]
    assert "had it processed again already" in second.content.decode()
    assert third == first
    assert ReprocessJob.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_the_same_moment_get_the_same_run(spoil: Send) -> None:
    spoil(record(1))
    [group] = groups.count().largest
    gate = threading.Barrier(2)
    found: list[jobs.Asked | None] = []

    def ask() -> None:
        gate.wait()
        found.append(jobs.start(group.trouble, "somebody"))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({one.job.pk for one in found if one}) == 1
    assert sorted(one.is_new for one in found if one) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_steps_at_the_same_moment_put_each_push_back_once(
    spoil: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    spoil(*(record(number) for number in range(6)))
    [group] = groups.count().largest
    jobs.start(group.trouble, "somebody")

    def carry_on() -> None:
        jobs.carry_on()
        connection.close()

    for _ in range(5):
        threads = [threading.Thread(target=carry_on) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        work()

    job = ReprocessJob.objects.get()
    assert (job.progress, job.became_done) == (PROGRESS.DONE, 6)


def test_a_step_whose_process_dies_is_made_again(
    spoil: Send, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: Any, **more: Any) -> Any:
        put_back(*args, **more)
        raise KeyboardInterrupt

    spoil(record(1), record(2))
    operator.post(ADDRESS)
    put_back = inbox.put_back
    monkeypatch.setattr(inbox, "put_back", die)
    with pytest.raises(KeyboardInterrupt):
        jobs.carry_on()
    monkeypatch.setattr(inbox, "put_back", put_back)

    assert states() == ["unreadable"] * 2
    finish()
    assert states() == ["done"] * 2


def test_what_is_cancelled_puts_no_more_back(
    spoil: Send, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    spoil(record(1), record(2))
    address = operator.post(ADDRESS)["Location"]
    jobs.carry_on()

    operator.post(address + "cancel/")
    again = operator.post(address + "cancel/", follow=True, headers={"Accept-Language": "en"})
    jobs.carry_on()
    work()

    text = page(operator, address)
    assert states() == ["done", "unreadable"]
    assert "It was over already." in again.content.decode()
    assert "Cancelled" in text
    assert "1 / 2" in text


def test_pushes_that_were_processed_otherwise_are_told(spoil: Send, operator: Client) -> None:
    rows = spoil(record(1), record(2))
    address = operator.post(ADDRESS)["Location"]
    inbox.put_back(Push.objects.filter(pk=rows[0].pk))
    work()
    finish()

    assert "The others had been processed otherwise by then." in page(operator, address)


def test_progress_follows_without_a_reload_until_it_is_over(spoil: Send, operator: Client) -> None:
    spoil(record(1))
    address = operator.post(ADDRESS)["Location"]

    running = operator.get(address, headers={"HX-Request": "true"}).content.decode()
    finish()
    over = operator.get(address, headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in running
    assert f'hx-get="{address}" hx-trigger="every 2s"' in running
    assert "hx-get" not in over


def test_the_sweep_rings_for_a_worker_when_it_put_something_back(
    spoil: Send, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(tasks, "_ring", rung.append)
    spoil(record(1))

    tasks.sweep_reprocessing()
    operator.post(ADDRESS)
    tasks.sweep_reprocessing()
    tasks.sweep_reprocessing()

    assert rung == [tasks.process_pushes]


def test_those_who_may_only_see_pushes_follow_and_cannot_cancel(
    spoil: Send, operator: Client, sign_in: SignIn
) -> None:
    spoil(record(1))
    address = operator.post(ADDRESS)["Location"]
    seeing = sign_in(SEE)

    assert "Cancel" not in page(seeing, address)
    assert seeing.post(address + "cancel/").status_code == 403
    assert sign_in(CALLS).get(address).status_code == 403
    assert address in seeing.get("/trouble/").content.decode()


def test_the_page_lists_who_had_what_processed_again(spoil: Send, operator: Client) -> None:
    spoil(record(1))
    operator.post(ADDRESS)

    text = page(operator, "/trouble/")

    assert "Processed again" in text
    assert "person 0" in text
