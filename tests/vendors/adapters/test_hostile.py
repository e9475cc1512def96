"""Whatever bytes come, the vendor is thanked, and they end as a call or as a sentence."""

import json
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.models import Call
from tests.conftest import samples
from vendors import accounts, inbox
from vendors.adapters.base import Reading
from vendors.models import Push, State, VendorAccount
from vendors.registry import VENDORS

Json = dict[str, Any]
MakeAccount = Callable[..., VendorAccount]
Post = Callable[..., Any]
Path = tuple[str | int, ...]

SAMPLES = {
    f"{vendor}-{path.stem}": (vendor, json.loads(path.read_text(encoding="utf-8")))
    for vendor, _, path in samples()
}
# One sample a sort of push: the others of Huawei differ in their words only.
SORTS = [name for name in SAMPLES if not name.startswith(("huawei-status__c", "huawei-status__v"))]

patient = settings(deadline=None, database=None)


def fields(value: Any, path: Path = ()) -> list[Path]:
    """The paths of all fields of a push, those that hold objects and lists among them."""
    pairs: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    return [
        place
        for key, inner in pairs
        for place in ((*path, key), *fields(inner, (*path, key)))
        if isinstance(place[-1], str)
    ]


def replaced(push: Json, path: Path, text: str) -> bytes:
    """The push with a field's value written as ``text``, which need not be JSON."""
    copy = json.loads(json.dumps(push))
    at: Any = copy
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = "(here)"
    return json.dumps(copy).replace('"(here)"', text, 1).encode()


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \r\n\t",
    "an empty list": b"[]",
    "a list of objects": b"[{}]",
    "text": b'"x"',
    "null": b"null",
    "a number": b"17",
    "an empty object": b"{}",
    "half an object": b'{"callId": "1", ',
    "two objects": b'{"callId": "1"}{"callId": "2"}',
    "single quotes": b"{'callId': '1'}",
    "a NUL": b"\x00",
    "a NUL after the object": b'{"callId": "1"}\x00',
    "a NUL within text": b'{"callId": "1\x002"}',
    "no UTF-8": b'{"callId": "\xff\xfe"}',
    "UTF-8 cut short": b'{"callId": "\xe4\xb8',
    "UTF-8 of a surrogate": b'{"callId": "\xed\xa0\x80"}',
    "UTF-16": '{"callId": "1"}'.encode("utf-16"),
    "GBK": '{"callId": "中文"}'.encode("gbk"),
    "a form": b"callId=1&caller=13100001111&body=%7B%7D",
    "XML": b'<?xml version="1.0"?><call id="1"/>',
    "lists 100,000 deep": b"[" * 100_000,
    "lists 100,000 deep and back": b"[" * 100_000 + b"]" * 100_000,
    "objects 100,000 deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "the deepest that is parsed": b'{"a":' + b"[" * 900 + b"]" * 900 + b"}",
    "one word of a megabyte": b'"' + b"x" * 1_000_000 + b'"',
    "a key of a megabyte": b'{"' + b"k" * 1_000_000 + b'": 1}',
    "one key, a thousand values": b"{" + b",".join(b'"a":%d' % n for n in range(1000)) + b"}",
    "a number of a million digits": b"1" * 1_000_000,
}

VALUES: dict[str, str] = {
    "NUL": r'"a\u0000b"',
    "only a NUL": r'"\u0000"',
    "a lone surrogate": r'"\ud800"',
    "surrogates in the wrong order": r'"\udc00\ud800x"',
    "a pair of surrogates": r'"\ud83d\ude00"',
    "NaN": "NaN",
    "infinity": "-Infinity",
    "5,000 digits": "9" * 5_000,
    "minus 5,000 digits": "-" + "9" * 5_000,
    "past 64 bits": str(2**63),
    "past 32 bits": str(2**31),
    "past 32 bits, as text": f'"{2**40}"',
    "a float past all floats": "1e999",
    "a float past 64 bits": "1e22",
    "a tiny float": "-1e-300",
    "minus one": "-1",
    "minus zero": "-0.0",
    "the year 5138": "99999999999",
    "microseconds of the year 5138": "99999999999999999",
    "true": "true",
    "an empty object": "{}",
    "a list": "[1, null, [], {}]",
    "a list of lists": "[[[[]]]]",
    "an object": r'{"\u0000": "\u0000", "\ud800": "\ud800", "": null, "a": [{"b": NaN}]}',
    "40 levels": "[" * 40 + "]" * 40,
    "900 levels": "[" * 900 + "]" * 900,
    "an object that repeats a key": '{"a": 1, "a": 2}',
    "an object whose keys clean to one": r'{"a": 1, "\u0020a": 2}',
    "a long word": '"' + "x" * 100_000 + '"',
    "64 letters that double in lower case": '"' + "\u0130" * 64 + '"',
    "255 Chinese letters": '"' + "中" * 255 + '"',
    "256 letters": '"' + "x" * 256 + '"',
    "65 digits": '"' + "1" * 65 + '"',
    "past the year 9999": '"10000-01-01 00:00:00"',
    "the end of the year 9999": '"9999-12-31 23:59:59"',
    "the year 0": '"0000-12-31 00:00:00"',
    "the year 1": '"0001-01-01 00:00:00"',
    "the year 2": '"0002-01-01 00:00:00"',
    "the 30th of February": '"2026-02-30 00:00:00"',
    "the 25th hour": '"2026-02-28 25:00:00"',
    "a leap second": '"2016-12-31 23:59:60"',
    "digits of other scripts": '"\u0661\u0662\u0663"',
    "a date in other digits": '"\u0662\u0660\u0661\u0669-\u0660\u0661-\u0662\u0664 00:00:00"',
    "a superscript": '"\u00b2"',
    "text that turns round": '"\u202e\u200f\ufeff"',
    "SQL": '"\'; DROP TABLE calls_call; -- %s %(a)s"',
    "HTML": '"<script>alert(1)</script>{{ 7 }}"',
}


@contextmanager
def forgotten() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def post_all(push: Post, account: VendorAccount, bodies: Sequence[bytes]) -> list[Push]:
    """Post bodies, work the inbox off in one batch, and give what became of each push."""
    vendor = VENDORS[account.vendor]
    for place, body in enumerate(bodies):
        answer = push(account, vendor.kinds[place % len(vendor.kinds)].key, body)
        assert answer.status_code == vendor.acknowledgement.status
        assert answer.content == vendor.acknowledgement.body
    while inbox.process(limit=300):
        pass
    return list(Push.objects.order_by("id"))


def complaints(pushes: Sequence[Push]) -> list[tuple[str, str, bytes]]:
    """Pushes that ended as nobody may expect: neither a call nor a sentence."""
    return [
        (push.state, push.problem[:300], bytes(push.body)[:200])
        for push in pushes
        if push.attempts != 1 or not is_settled(push)
    ]


def is_settled(push: Push) -> bool:
    if push.state == State.DONE:
        return not push.problem
    sentences = push.problem.split("\n")
    return push.state == State.UNREADABLE and all(
        len(one) < 500 and ": expected " in one for one in sentences
    )


@pytest.mark.parametrize("vendor", VENDORS)
def test_bodies_that_are_no_push_are_thanked_for_and_end_as_a_sentence(
    vendor: str, make_account: MakeAccount, push: Post
) -> None:
    found = post_all(push, make_account(vendor), list(BODIES.values()))

    assert complaints(found) == []
    assert {one.state for one in found} == {State.UNREADABLE}
    assert not Call.objects.exists()


@pytest.mark.parametrize("name", SORTS)
def test_a_hostile_value_in_any_field_ends_as_a_call_or_as_a_sentence(
    name: str, make_account: MakeAccount, push: Post
) -> None:
    vendor, original = SAMPLES[name]
    account = make_account(vendor)
    bodies = [
        replaced(original, path, text) for path in fields(original) for text in VALUES.values()
    ]

    found = [
        one
        for at in range(0, len(bodies), 300)
        for one in settled(push, account, bodies[at : at + 300])
    ]

    assert complaints(found) == []
    assert len(found) == len(set(bodies))


def settled(push: Post, account: VendorAccount, bodies: Sequence[bytes]) -> list[Push]:
    with forgotten():
        return post_all(push, account, bodies)


@pytest.mark.parametrize("name", SORTS)
def test_good_neighbours_of_hostile_pushes_are_calls(
    name: str, make_account: MakeAccount, push: Post
) -> None:
    vendor, original = SAMPLES[name]
    account = make_account(vendor)
    good = json.dumps(original).encode()
    hostile = [replaced(original, fields(original)[0], text) for text in VALUES.values()]

    found = post_all(push, account, [*BODIES.values(), *hostile, good])

    assert found[-1].state == State.DONE
    assert Call.objects.filter(pk__in=found[-1].call_ids.split()).count() == 1


@pytest.mark.parametrize("name", SORTS)
def test_a_key_nobody_knows_may_be_anything(
    name: str, make_account: MakeAccount, push: Post
) -> None:
    vendor, original = SAMPLES[name]
    keys = (r'"\u0000"', r'"\ud800"', '""', '"?x"', '"a.b"', '"' + "k" * 10_000 + '"')
    bodies = [
        json.dumps(original).replace("{", f"{{{key}: {value}, ", 1).encode()
        for key in keys
        for value in ("1", r'"\u0000"', "NaN", "9" * 5_000, "[" * 20 + "]" * 20)
    ]

    found = post_all(push, make_account(vendor), bodies)

    assert [(one.state, one.problem) for one in found if one.state != State.DONE] == []


@pytest.mark.parametrize("name", SORTS)
def test_a_byte_order_mark_is_no_trouble(name: str, make_account: MakeAccount, push: Post) -> None:
    vendor, original = SAMPLES[name]

    [found] = post_all(
        push, make_account(vendor), [b"\xef\xbb\xbf" + json.dumps(original).encode()]
    )

    assert (found.state, found.problem) == (State.DONE, "")


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_push_sent_as_a_form_is_kept_to_the_byte(
    vendor: str, make_account: MakeAccount, client: Any, rings: list[None]
) -> None:
    [address, *_] = accounts.webhooks(make_account(vendor)).values()
    path = address.removeprefix("http://calls.example")

    answer = client.post(path, b"a=%00&b=1", content_type="application/x-www-form-urlencoded")

    assert answer.content == VENDORS[vendor].acknowledgement.body
    assert bytes(Push.objects.get().body) == b"a=%00&b=1"


ODD: tuple[Any, ...] = (
    *(None, True, False, 0, "", "0", {}, [], 2**63, -(2**63) - 1, float("nan"), float("-inf")),
    *(
        -0.0,
        5e-324,
        1.7e308,
        "2019-01-24 03:04:49",
        1607588903000,
        "\x00",
        "\ud800",
        "\udfff\ud800",
    ),
)


def anything(random: Random, deeper: int = 3) -> Any:
    """A value of any type, as odd as hypothesis draws them and at a tenth of its cost."""
    match random.randrange(6 if deeper else 4):
        case 0:
            return random.choice(ODD)
        case 1:
            return random.getrandbits(random.randrange(1, 90)) * random.choice((1, -1))
        case 2:
            return struct.unpack("d", random.randbytes(8))[0]
        case 3:
            return text(random, 40)
        case 4:
            return [anything(random, deeper - 1) for _ in range(random.randrange(5))]
        case _:
            inner = range(random.randrange(5))
            return {text(random, 8): anything(random, deeper - 1) for _ in inner}


def text(random: Random, longest: int) -> str:
    """Letters of one range or from anywhere, surrogates and unassigned ones among them."""
    ranges = ((0, 0x80), (0, 0x250), (0x4E00, 0x9FFF), (0xD800, 0xE000), (0, 0x110000))
    letters = range(*random.choice(ranges))
    return "".join(chr(random.choice(letters)) for _ in range(random.randrange(longest + 1)))


def spoilt(original: Json, random: Random) -> bytes:
    """A documented push of which some fields hold values of any type."""
    push = json.loads(json.dumps(original))
    for path in random.choices(fields(original), k=random.randrange(1, 9)):
        at: Any = push
        for key in path[:-1]:
            at = _inside(at, key)
        if isinstance(at, dict):
            at[str(path[-1])] = anything(random)
    return json.dumps(push).encode()


def _inside(at: Any, key: str | int) -> Any:
    """What stands under a key, unless an earlier change put something else there."""
    if isinstance(at, dict):
        return at.get(str(key))
    is_place = isinstance(at, list) and isinstance(key, int) and key < len(at)
    return at[int(key)] if is_place else None


@pytest.mark.parametrize("name", SORTS)
def test_a_push_with_values_of_any_type_ends_as_a_call_or_as_a_sentence(
    name: str, make_account: MakeAccount, push: Post
) -> None:
    vendor, original = SAMPLES[name]
    account = make_account(vendor)
    random = Random(name)  # noqa: S311 - the same values every time

    for _ in range(15):
        bodies = {spoilt(original, random) for _ in range(random.randrange(5, 13))}
        found = settled(push, account, list(bodies))
        assert complaints(found) == []
        assert len(found) == len(bodies)


@pytest.mark.parametrize("vendor", VENDORS)
@patient
@given(body=st.binary(max_size=200))
def test_no_bytes_make_an_adapter_raise(vendor: str, body: bytes) -> None:
    assert isinstance(VENDORS[vendor].read("any", body), Reading)


@pytest.mark.parametrize("name", SORTS)
@patient
@given(data=st.data())
def test_no_byte_of_a_documented_push_makes_an_adapter_raise_when_it_changes(
    name: str, data: st.DataObject
) -> None:
    vendor, original = SAMPLES[name]
    body = bytearray(json.dumps(original).encode())
    places = st.integers(0, len(body) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=8)):
        body[place] = data.draw(st.integers(0, 255))

    assert isinstance(VENDORS[vendor].read("any", bytes(body)), Reading)
