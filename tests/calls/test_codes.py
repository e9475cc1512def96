"""What a code means: the narrowest row of its table says it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls import codes, equals
from calls.models import CodeEqual, CodeMeaning, Side
from vendors import tables

pytestmark = pytest.mark.django_db
RELEASE_POINT = "huawei.release-point"


@pytest.fixture(autouse=True)
def fresh_memory(db: None) -> Iterator[None]:
    codes.forget()
    yield
    codes.forget()


def found(scheme: str, value: str) -> tuple[str, str] | None:
    row = codes.explain(scheme, value)
    return (row.code, row.code_to) if row else None


def test_a_code_with_a_row_of_its_own_is_not_explained_by_a_range() -> None:
    assert found(RELEASE_POINT, "501") == ("501", "")


@pytest.mark.parametrize("value", ["400", "404", "486", "600", "699"])
def test_a_code_without_a_row_of_its_own_is_explained_by_its_range(value: str) -> None:
    assert found(RELEASE_POINT, value) == ("400", "699")


def test_of_two_ranges_the_narrower_explains() -> None:
    CodeMeaning.objects.create(scheme="made-up", code="1", code_to="999", en="wide")
    CodeMeaning.objects.create(scheme="made-up", code="10", code_to="19", en="narrow")
    codes.forget()

    row = codes.explain("made-up", "15")

    assert row is not None
    assert row.en == "narrow"


def test_a_row_for_a_status_explains_only_under_that_status() -> None:
    for status, words in (("401", "digest"), ("403", "flow control")):
        CodeMeaning.objects.create(scheme="made-up", code="1010010", status=status, en=words)
    codes.forget()

    rows = [codes.explain("made-up", "1010010", status) for status in ("401", "403", "")]

    assert [row.en if row else None for row in rows] == ["digest", "flow control", None]


def make_rows(*rows: tuple[str, str, str, str]) -> None:
    """Rows of the table made-up: code, end of range, status, meaning."""
    for code, code_to, status, words in rows:
        CodeMeaning.objects.create(
            scheme="made-up", code=code, code_to=code_to, status=status, en=words
        )
    codes.forget()


def words(value: str, status: str | None = None) -> str | None:
    row = codes.explain("made-up", value, status)
    return row.en if row else None


def test_a_row_for_the_status_goes_before_one_for_any_status() -> None:
    make_rows(("7", "", "", "in general"), ("7", "", "403", "refused"))

    assert [words("7", status) for status in ("403", "500")] == ["refused", "in general"]


def test_a_code_with_one_status_is_explained_without_saying_which() -> None:
    make_rows(("7", "", "403", "refused"))

    assert words("7") == "refused"


def test_a_code_with_several_meanings_is_not_explained_without_a_status() -> None:
    make_rows(("7", "", "401", "digest"), ("7", "", "403", "flow control"))

    assert words("7") is None


def test_a_general_meaning_is_not_given_where_a_status_may_change_it() -> None:
    make_rows(("7", "", "", "in general"), ("7", "", "403", "refused"))

    assert words("7") is None


def test_a_range_for_some_status_does_not_cloud_a_row_for_the_code() -> None:
    make_rows(("7", "", "", "seven"), ("1", "9", "403", "any digit"))

    assert words("7") == "seven"


def test_a_code_is_found_by_each_of_its_statuses() -> None:
    make_rows(("7", "", "403", "flow control"), ("7", "", "401", "digest"), ("8", "", "", "eight"))

    assert [codes.statuses("made-up", code) for code in ("7", "8", "9")] == [["401", "403"], [], []]


@pytest.mark.parametrize(
    "value",
    [
        *("", " ", "700", "399", "-404", "404.0", "4e2", "\u00b2", "\uff10x", "\x00", "True"),
        *("9" * 64, "9" * 5000),
    ],
)
def test_an_unknown_or_hostile_code_has_no_meaning(value: str) -> None:
    assert codes.explain(RELEASE_POINT, value) is None


def test_a_range_is_explained_by_the_name_of_both_its_ends() -> None:
    assert found(RELEASE_POINT, "400-699") == ("400", "699")


def test_an_unknown_table_explains_nothing() -> None:
    assert codes.explain("no-such-table", "17") is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, database=None)
@given(value=st.text(max_size=64) | st.from_regex(r"\d{1,64}", fullmatch=True))
def test_no_text_makes_a_lookup_fail(value: str) -> None:
    rows = [codes.explain(scheme, value) for scheme in ("q850", RELEASE_POINT, "freeswitch")]

    assert all(row is None or isinstance(row, CodeMeaning) for row in rows)


def test_codes_without_a_meaning_give_no_outcome() -> None:
    assert codes.outcomes_of([("q850", "17"), ("q850", "999"), ("no-such", "1")]) == ["busy"]


def test_copying_the_tables_twice_leaves_them_as_they_are() -> None:
    before = CodeMeaning.objects.count()

    assert tables.copy() == before == CodeMeaning.objects.count()


def test_a_table_with_other_columns_is_turned_away(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("code,meaning\n1,one\n")

    with pytest.raises(ValueError, match=r"odd\.csv: expected the columns code,code_to,status,zh"):
        codes.read_table(path, "odd")


def test_meanings_and_advice_come_in_the_readers_language() -> None:
    row = CodeMeaning(zh="用户忙", en="User busy", advice_zh="稍后再拨。", advice_en="Call later.")

    with translation.override("zh-hans"):
        chinese = (codes.meaning(row), codes.advice(row))
    with translation.override("en"):
        english = (codes.meaning(row), codes.advice(row))

    assert chinese == ("用户忙", "稍后再拨。")
    assert english == ("User busy", "Call later.")


@pytest.mark.parametrize("reads_chinese", [True, False])
def test_the_vendors_term_is_shown_beside_the_meaning_and_not_twice(reads_chinese: bool) -> None:
    row = CodeMeaning(zh="用户忙", en="User busy")

    with translation.override("zh-hans" if reads_chinese else "en"):
        assert codes.term(row) == ("" if reads_chinese else "用户忙")


def test_every_row_of_every_table_says_whose_side_it_is() -> None:
    unsaid = CodeMeaning.objects.exclude(side__in=Side.values)

    assert [str(row) for row in unsaid] == []


def test_every_code_that_is_called_equal_stands_in_a_table() -> None:
    named = [
        (scheme, code)
        for row in CodeEqual.objects.all()
        for scheme, code in ((row.scheme, row.code), (row.other_scheme, row.other_code))
        if code != equals.ANY
    ]

    assert len(named) > 200
    assert [key for key in named if codes.explain(*key) is None] == []


def test_equal_codes_are_equal_either_way_round() -> None:
    rows = CodeMeaning.objects.filter(code_to="").values_list("scheme", "code")
    known = {key: {(one.scheme, one.value) for one in equals.of(*key)} for key in rows}

    one_sided = [
        (key, other)
        for key, others in known.items()
        for other in others
        if key not in known.get(other, {key})
    ]

    assert one_sided == []


def names(scheme: str, value: str) -> list[str]:
    return [f"{one.scheme}/{one.value}" for one in equals.of(scheme, value)]


def test_a_vendors_code_equals_what_its_q850_cause_equals() -> None:
    assert {"q850/17", "sip/486", "freeswitch/USER_BUSY", "huawei.state/8102"} <= set(
        names("yeta.task-result", "2")
    )


def test_a_phone_that_is_off_does_not_equal_one_out_of_reach() -> None:
    off, away = set(names("huawei.state", "8104")), set(names("huawei.state", "8103"))

    assert "q850/20" in off & away
    assert ("yeta.task-result/4" in off, "yeta.task-result/3" in off) == (True, False)


def test_a_range_of_sip_statuses_equals_each_of_them() -> None:
    assert names(RELEASE_POINT, "486") == ["sip/486"]
    assert f"{RELEASE_POINT}/486" in names("sip", "486")
    assert f"{RELEASE_POINT}/503" not in names("sip", "503")  # has a meaning of its own


def test_a_code_without_equals_has_none() -> None:
    assert names("yeta.node-type", "EndNode") == names("q850", "999") == []
