"""One push on its page: what came, what we answered, what is read in it; safe whatever it holds."""

import json
import re
from html import unescape
from typing import Any

import pytest

from calls.models import Call
from tests.conftest import samples
from tests.vendors.push_pages.conftest import (
    CALLS,
    HOSTILE,
    NUMBERS,
    SEE,
    Keep,
    MakeAccount,
    Send,
    SignIn,
    page,
    record,
)
from vendors import inbox
from vendors.adapters.base import Outcome, Vendor
from vendors.models import Push, RefusedPush, VendorAccount
from vendors.registry import VENDORS

pytestmark = pytest.mark.django_db


def block(text: str, name: str) -> str:
    """What stands in a page's block of text."""
    found = re.search(rf'<pre[^>]* id="{name}"[^>]*>(.*?)</pre>', text, re.DOTALL)
    assert found, name
    return unescape(found[1])


def answer_shown(client: Any, address: str) -> tuple[int, str, bytes]:
    """An answer as the page shows it: status, type, body."""
    head, _, body = block(client.get(address).content.decode(), "answer").partition("\n\n")
    status, kind, length = head.split("\n")
    assert length == f"Content-Length: {len(body.encode())}"
    return int(status.split()[0]), kind.removeprefix("Content-Type: "), body.encode()


def heard(response: Any) -> tuple[int, str, bytes]:
    return response.status_code, response["Content-Type"], response.content


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_answer_shown_is_the_one_that_was_given_to_the_byte(
    vendor: str, make_account: MakeAccount, push: Send, sign_in: SignIn
) -> None:
    account = make_account(vendor)
    kind = VENDORS[vendor].kinds[0].key
    client = sign_in(SEE)

    kept = [heard(push(account, kind, body)) for body in (b"{}", b"{}", b"\xff")]

    for row, answer in zip(Push.objects.order_by("id"), kept[1:], strict=True):
        assert answer_shown(client, f"/pushes/{row.pk}/") == answer == kept[0]


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("reason", ["disabled", "address", "signature"])
def test_the_answer_to_a_refused_push_is_shown_to_the_byte(
    vendor: str, reason: str, make_account: MakeAccount, push: Send, sign_in: SignIn
) -> None:
    settings = {"allowed_ips": "203.0.113.0/24"} if reason == "address" else {}
    if reason == "signature":
        if VENDORS[vendor].check_signature is None:
            return
        settings = {VENDORS[vendor].signed_with: "secret", "push_signature": "enforce"}
    account = make_account(vendor, **settings)
    if reason == "disabled":
        account.is_enabled = False
        account.save(update_fields=["is_enabled"])

    answer = heard(push(account, VENDORS[vendor].kinds[0].key, b"{}"))

    trace = RefusedPush.objects.get()
    assert trace.reason == reason
    assert answer_shown(sign_in(SEE), f"/refusals/{trace.pk}/") == answer


def test_the_page_has_everything_about_a_push(sign_in: SignIn, keep: Keep, push: Send) -> None:
    row = keep(record("c-1"))
    push(row.account, "receiveCallRecord", bytes(row.body))

    text = page(sign_in(SEE, CALLS, NUMBERS), f"/pushes/{row.pk}/")

    call = Call.objects.get()
    for words in (
        "127.0.0.1",
        "****",
        "once, it heard the same answer",
        "Content-Type",
        "Call record",
        f'href="/calls/{call.pk}/"',
        "time_hangup: 1527737784829",
        "2018-05-31 11:36:24",
        "34951420",
    ):
        assert words in text


def test_a_body_is_shown_with_line_breaks_and_as_it_came(sign_in: SignIn, keep: Keep) -> None:
    sent = b'{"call_uuid":"c-1",  "note":"\\u4f18"}'
    row = keep(sent)

    text = sign_in(SEE, NUMBERS).get(f"/pushes/{row.pk}/").content.decode()

    assert block(text, "body") == '{\n  "call_uuid": "c-1",\n  "note": "优"\n}'
    assert block(text, "body-raw").encode() == sent
    assert 'data-copy-from="body-raw"' in text


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (HOSTILE.encode(), HOSTILE),
        (json.dumps({"call_uuid": HOSTILE}).encode(), HOSTILE),
        ('{"call_uuid": "\u202e\u2066moc"}'.encode(), '{"call_uuid": "\\u202e\\u2066moc"}'),
        (b"\xff\xfe\x00\x1b[2J", "\\xff\\xfe\\u0000\\u001b[2J"),
        (b"", "–"),
        (b'{"a": 1, "a": 2}', '{"a": 1, "a": 2}'),
        (b"[" * 100_000, "[[[["),
        (b'{"a": ' + b"9" * 5000 + b"}", '{"a": 9999'),
        (b'{"call_uuid": "\\ud800"}', '{"call_uuid": "\\ud800"}'),
    ],
    ids=[
        "markup",
        "markup in json",
        "right to left",
        "no text",
        "nothing",
        "a key twice",
        "deep",
        "a long number",
        "half a character",
    ],
)
def test_any_bytes_are_shown_as_text(sign_in: SignIn, keep: Keep, body: bytes, seen: str) -> None:
    row = keep(body)

    text = sign_in(SEE, NUMBERS).get(f"/pushes/{row.pk}/").content.decode()

    assert seen in block(text, "body-raw")
    assert "<script>alert" not in text
    assert "\u202e" not in text


def test_a_large_body_is_cut_until_the_whole_is_asked_for(sign_in: SignIn, keep: Keep) -> None:
    row = keep(b"a" * 1024 * 1024)
    client = sign_in(SEE, NUMBERS)

    cut = client.get(f"/pushes/{row.pk}/").content.decode()
    whole = client.get(f"/pushes/{row.pk}/?whole").content.decode()

    assert len(cut) < 50_000
    assert 'href="?whole"' in cut
    assert block(whole, "body-raw") == "a" * 1024 * 1024


def test_numbers_are_masked_for_those_who_may_not_see_them(sign_in: SignIn, keep: Keep) -> None:
    rows = [
        keep(record(caller="13100001111", callee="\u202d+86 131 0000 2222")),
        keep(b'{"caller": "\\u0031310000\\u200b3333", "caller": 1}'),
        keep(b"caller=13100004444;"),
        keep(b'{"time_dial": "13100005555 o\'clock", "call_uuid": "c"}'),
    ]
    masked, whole = sign_in(SEE, CALLS), sign_in(SEE, CALLS, NUMBERS)

    for row, number in zip(rows, ("1111", "3333", "4444", "5555"), strict=True):
        hidden = page(masked, f"/pushes/{row.pk}/?whole")
        digits = re.sub(r"\D", "", hidden)
        assert f"1310000{number}" not in digits
        assert f"****{number}" in hidden
        assert "1310000" in re.sub(r"\D", "", page(whole, f"/pushes/{row.pk}/"))


def test_a_push_that_our_code_stumbles_over_is_shown_with_the_reason(
    sign_in: SignIn, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = keep(record())

    def stumble(*args: Any) -> None:
        raise KeyError("call_uuid")

    broken = Vendor(
        key="yeta",
        name="Yeta",
        kinds=VENDORS["yeta"].kinds,
        acknowledgement=VENDORS["yeta"].answer(Outcome.KEPT),
        read=stumble,  # type: ignore[arg-type]  # it never returns
        imports=VENDORS["yeta"].imports,
    )
    monkeypatch.setattr("vendors.readings.VENDORS", {"yeta": broken})

    assert "KeyError" in page(sign_in(SEE), f"/pushes/{row.pk}/")


@pytest.mark.parametrize(("vendor", "kind", "file"), samples())
def test_every_sample_has_a_page(
    vendor: str, kind: str, file: Any, make_account: MakeAccount, keep: Keep, sign_in: SignIn
) -> None:
    row = keep(file.read_bytes(), of=make_account(vendor, "Samples"), kind=kind)

    text = page(sign_in(SEE, CALLS, NUMBERS), f"/pushes/{row.pk}/")

    assert "Open the call" in text


def test_a_push_that_waits_asks_for_news_until_it_is_done(
    sign_in: SignIn, account: VendorAccount, push: Send
) -> None:
    push(account, "receiveCallRecord", record())
    row = Push.objects.get()
    client = sign_in(SEE)
    waiting = page(client, f"/pushes/{row.pk}/")
    inbox.process_all()

    assert "hx-trigger" in waiting
    assert "hx-trigger" not in page(client, f"/pushes/{row.pk}/").partition('id="push"')[2]


@pytest.mark.parametrize("address", ["/pushes/{}/", "/calls/{}/pushes/"])
def test_a_page_is_for_those_who_may_see_pushes(sign_in: SignIn, keep: Keep, address: str) -> None:
    row = keep(record())
    key = row.pk if "/pushes/{}" in address else Call.objects.get().pk

    assert sign_in(CALLS, NUMBERS).get(address.format(key)).status_code == 403
    assert sign_in(CALLS, SEE).get(address.format(key)).status_code == 200
    assert sign_in(CALLS, SEE).get(address.format(2**62)).status_code == 404
