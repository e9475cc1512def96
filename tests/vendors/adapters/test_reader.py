"""Reading a stranger's JSON: what is found, and how a complaint about it is worded."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vendors.adapters import huawei, nxcloud, voicepush, yeta
from vendors.adapters.base import Vendor
from vendors.adapters.parsing import UnreadablePushError
from vendors.adapters.reader import Reader, unique

patient = settings(deadline=None, database=None)
Verb = Callable[[Reader], Any]
Value = TypeVar("Value")


def reader(value: Any) -> Reader:
    return Reader.of(json.dumps({"key": value}).encode())


def outcome(read: Callable[[], Value]) -> Value | str:
    """What was read, or the sentence about it."""
    try:
        return read()
    except UnreadablePushError as error:
        return str(error)


def complaint(verb: Verb, value: Any) -> str:
    with pytest.raises(UnreadablePushError) as caught:
        verb(reader(value))
    return str(caught.value)


def problem(vendor: Vendor, body: Any) -> str:
    given_bytes = body if isinstance(body, bytes) else json.dumps(body).encode()
    [sentence] = vendor.read("any", given_bytes).problems
    return sentence


def test_a_complaint_names_the_place_what_was_expected_and_what_was_found() -> None:
    fees: list[dict[str, Any]] = [{"sessionId": str(place)} for place in range(5)]
    fees[3]["callEndTime"] = "yesterday"

    sentence = problem(huawei.VENDOR, {"eventType": "fee", "feeLst": fees})

    assert sentence == 'feeLst[3].callEndTime: expected "YYYY-MM-DD HH:MM:SS", got "yesterday"'


@pytest.mark.parametrize(
    ("vendor", "body", "sentence"),
    [
        (nxcloud.VENDOR, {"startAt": 1}, "callId: expected text, got nothing"),
        (nxcloud.VENDOR, {"callId": "1", "duration": -5},
         "duration: expected seconds, 0 or more, got -5"),
        (nxcloud.VENDOR, {"callId": "1", "startAt": "noon"},
         'startAt: expected a unix time, got "noon"'),
        (nxcloud.VENDOR, {"code": 1, "data": "x"}, 'data: expected an object, got "x"'),
        (voicepush.VENDOR, {"callId": "1", "eventType": 1},
         "eventTime: expected a unix time, got nothing"),
        (voicepush.VENDOR, {"callId": "1", "endTime": True},
         "endTime: expected a unix time, got true"),
        (yeta.VENDOR, {"call_uuid": "1", "dialog": "hello"},
         'dialog: expected a list, got "hello"'),
        (yeta.VENDOR, {"call_uuid": "1", "dialog": [{"hits": [{}, 7]}]},
         "dialog[0].hits[1]: expected an object, got 7"),
        (yeta.VENDOR, {"call_uuid": "1", "url": "a.wav", "size": "big"},
         'size: expected a size in bytes, 0 or more, got "big"'),
        (huawei.VENDOR, {"eventType": "answer"}, "statusInfo: expected an object, got nothing"),
        (huawei.VENDOR, {"eventType": "answer", "statusInfo": {"sessionId": "1"}},
         'statusInfo.timestamp: expected "YYYY-MM-DD HH:MM:SS", got nothing'),
    ],
)  # fmt: skip
def test_each_vendors_complaints_name_its_own_fields(
    vendor: Vendor, body: Any, sentence: str
) -> None:
    assert problem(vendor, body) == sentence


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "body: expected JSON, got nothing at line 1 column 1"),
        (b'{"a": }', 'body: expected JSON, got "}" at line 1 column 7'),
        (b"a=1&b=2", 'body: expected JSON, got "a=1&b=2" at line 1 column 1'),
        (b'{"a": "\xff"}', "body: expected UTF-8, got byte 0xff at byte 7"),
        (b"[]", "body: expected a JSON object, got []"),
        (b"null", "body: expected a JSON object, got nothing"),
        (b'"x"', 'body: expected a JSON object, got "x"'),
        (b"[" * 100_000, "body: expected at most 32 levels of nesting"),
        (b'{"a": 1, "a": 2}', "a: expected once, got two different values"),
        (b'{"a": true, "a": 1}', "a: expected once, got two different values"),
        (b'{"a": 1, " a": 2}', "a: expected once, got two different values"),
    ],
)
def test_a_body_that_is_no_object_is_described(body: bytes, sentence: str) -> None:
    with pytest.raises(UnreadablePushError) as caught:
        Reader.of(body)

    assert str(caught.value) == sentence


def test_a_key_that_says_the_same_twice_is_no_trouble() -> None:
    assert Reader.of(b'{"key": "1", "key": "1"}').text("key") == "1"


def test_a_long_value_is_quoted_in_short() -> None:
    sentence = complaint(lambda r: r.epoch("key"), "x" * 100_000)

    assert sentence.startswith('key: expected a unix time, got "xxx')
    assert len(sentence) < 150


@pytest.mark.parametrize("value", ["\x00\ud800", ["\x00", "\ud800"], {"\x00": "\ud800"}])
def test_a_complaint_can_be_stored_whatever_it_quotes(value: Any) -> None:
    sentence = complaint(lambda r: r.epoch("key"), value)

    assert "\x00" not in sentence
    assert sentence.encode()


@pytest.mark.parametrize("nothing", [None, "", "  ", "\t\n", [], {}])
def test_null_empty_and_blank_say_nothing(nothing: Any) -> None:
    r = reader(nothing)

    assert not r.has("key")
    assert (r.raw("key"), r.text("key"), r.epoch("key"), r.seconds("key")) == (None,) * 4
    assert (r.clock("key"), r.pick("key", {"": 1}), r.items("key"), r.rest()) == (
        None,
        None,
        [],
        {},
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(17, "17"), (True, "true"), (" a ", "a"), (1.5, "1.5"), ([1, "中"], '[1, "中"]'),
     (1604763745256783872, "1604763745256783872"), ("a\x00b", "a\ufffdb")],
)  # fmt: skip
def test_text_is_text_whatever_type_it_came_in(value: Any, text: str) -> None:
    assert reader(value).text("key") == text


@pytest.mark.parametrize(("value", "number"), [(20, 20), ("20", 20), (20.0, 20), ("-1", -1)])
def test_whole_numbers_come_in_several_forms(value: Any, number: int) -> None:
    assert reader(value).whole("key") == number


@pytest.mark.parametrize("value", [True, "x", 1.5, "1e3", 2**63, "NaN", [1]])
def test_what_is_no_whole_number_is_named(value: Any) -> None:
    assert complaint(lambda r: r.whole("key"), value).startswith("key: expected a ")


@pytest.mark.parametrize(
    ("value", "seconds"), [(0, 0), ("7", 7), (7.94, 7), (2**31 - 1, 2**31 - 1)]
)
def test_seconds_lose_their_fraction(value: Any, seconds: int) -> None:
    assert reader(value).seconds("key") == seconds


@pytest.mark.parametrize("value", [-1, 2**31, True, "1m", "9" * 5_000])
def test_what_is_no_number_of_seconds_is_named(value: Any) -> None:
    assert complaint(lambda r: r.seconds("key"), value).startswith("key: expected seconds")


@pytest.mark.parametrize(
    ("value", "at"),
    [
        (1607588903, datetime(2020, 12, 10, 8, 28, 23, tzinfo=UTC)),
        ("1607588903", datetime(2020, 12, 10, 8, 28, 23, tzinfo=UTC)),
        (1607588903123, datetime(2020, 12, 10, 8, 28, 23, 123_000, tzinfo=UTC)),
        ("1607588903123456", datetime(2020, 12, 10, 8, 28, 23, 123_456, tzinfo=UTC)),
        ("1607588903.54565", datetime(2020, 12, 10, 8, 28, 23, 545_650, tzinfo=UTC)),
        (0, None),
        ("0", None),
        (0.0, None),
    ],
)
def test_unix_times_come_in_several_units(value: Any, at: datetime | None) -> None:
    assert reader(value).epoch("key") == at


@patient
@given(number=st.integers() | st.floats())
def test_a_number_is_a_unix_time_or_is_complained_of(number: float) -> None:
    found = outcome(lambda: reader(number).epoch("key"))

    if isinstance(found, str):
        assert found.startswith("key: expected a unix time")
    else:
        assert found is None or found.year < 5200


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("2019-01-24 03:04:49", datetime(2019, 1, 24, 3, 4, 49, tzinfo=UTC)),
        ("2019-01-24  03:04:49", datetime(2019, 1, 24, 3, 4, 49, tzinfo=UTC)),
        ("2019-01-24T03:04:49Z", datetime(2019, 1, 24, 3, 4, 49, tzinfo=UTC)),
        ("2019-01-24 03:04:49.0", datetime(2019, 1, 24, 3, 4, 49, tzinfo=UTC)),
        ("0000-00-00 00:00:00", None),
        ("0001-01-01 00:00:00", None),
    ],
)
def test_written_times_come_in_several_forms(value: str, at: datetime | None) -> None:
    assert reader(value).clock("key") == at


def test_a_written_time_is_in_the_zone_that_the_vendor_means() -> None:
    beijing = timezone(timedelta(hours=8))

    at = reader("2023-03-29 11:36:53").clock("key", beijing)

    assert at == datetime(2023, 3, 29, 3, 36, 53, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", ["2026-02-30 00:00:00", "2026-01-01 25:00:00", "2026-13-01 00:00:00"]
)
def test_a_date_that_does_not_exist_is_named(value: str) -> None:
    sentence = complaint(lambda r: r.clock("key"), value)

    assert sentence == f'key: expected a date that exists, "YYYY-MM-DD HH:MM:SS", got "{value}"'


def test_a_date_that_no_page_could_show_is_turned_away() -> None:
    sentence = complaint(lambda r: r.clock("key"), "9999-12-31 23:59:59")

    assert sentence.startswith('key: expected "YYYY-MM-DD HH:MM:SS" before the year 9999')


def test_an_enumerated_value_that_nobody_knows_stays_with_the_rest() -> None:
    r = Reader.of(b'{"known": "0", "unknown": 7, "unasked": true}')

    picked = [r.pick("known", {"0": "zero"}), r.pick("unknown", {"0": "zero"})]

    assert picked == ["zero", None]
    assert r.rest() == {"unknown": 7, "unasked": True}


@pytest.mark.parametrize(
    ("value", "flag"), [(True, True), ("true", True), (1, True), (False, False), ("0", False)]
)
def test_flags_come_in_several_forms(value: Any, flag: bool) -> None:
    assert reader(value).flag("key") is flag


def test_numbers_that_json_does_not_know_are_kept_as_their_text() -> None:
    r = Reader.of(b'{"a": NaN, "b": -Infinity, "c": 1e999, "d": ' + b"9" * 5_000 + b"}")

    assert r.rest() == {"a": "NaN", "b": "-Infinity", "c": "1e999", "d": "9" * 5_000}


def test_a_large_float_without_a_fraction_is_a_whole_number() -> None:
    assert Reader.of(b'{"a": 1e22}').rest() == {"a": 10**22}


@patient
@given(keys=st.lists(st.sampled_from(["6", "6/2", "6/3", "#0", "7"]), max_size=12))
def test_repeated_keys_become_different_ones(keys: list[str]) -> None:
    names = unique(keys)

    assert len(set(names)) == len(keys)
    assert all(name.startswith(key) for name, key in zip(names, keys, strict=True))


@patient
@given(body=st.binary(max_size=64) | st.text(max_size=64).map(str.encode))
def test_any_bytes_are_an_object_or_a_sentence(body: bytes) -> None:
    found = outcome(lambda: Reader.of(body))

    assert isinstance(found, Reader) or ": expected " in found
