"""Spellings of one number are one number; nothing that a vendor sends is too strange."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.numbers import masked, search_key

patient = settings(deadline=None, database=None)
REGIONS = st.sampled_from(["CN", "HK", "US", "", "ZZ"])
NUMBERISH = st.text(alphabet="+0123456789-() .*/extEXT#,;\u2010\u0661\uff11", max_size=40)


@pytest.mark.parametrize(
    "spelling",
    [
        "13100001111",
        "+8613100001111",
        "8613100001111",
        "008613100001111",
        "86 131-0000-1111",
        "+86 (131) 0000 1111",
        "131 0000 1111",
        " 131.0000.1111 ",
    ],
)
def test_spellings_of_one_chinese_mobile_are_one_number(spelling: str) -> None:
    assert search_key(spelling, "CN") == "8613100001111"


@pytest.mark.parametrize("spelling", ["055196866001", "0551-96866001", "+86 551 96866001"])
def test_a_landline_with_its_area_code_is_one_in_china(spelling: str) -> None:
    assert search_key(spelling, "CN") == "8655196866001"


@pytest.mark.parametrize(("region", "spelling"), [("", "85235757584"), ("CN", "+85235757584")])
def test_a_number_with_its_country_code_needs_no_region(region: str, spelling: str) -> None:
    assert search_key(spelling, region) == "85235757584"


def test_a_number_without_a_country_code_is_of_the_accounts_region() -> None:
    assert search_key("35757584", "HK") == "85235757584"


def test_masked_numbers_with_more_or_fewer_stars_are_one() -> None:
    assert search_key("+86138****0021") == search_key("+86138*******0021") == "86138*0021"


def test_masked_numbers_with_different_ends_are_two() -> None:
    assert search_key("+86138****0021") != search_key("+86138****0022")


@pytest.mark.parametrize("short", ["10086", "95588", "110", "1000"])
def test_short_numbers_keep_their_digits(short: str) -> None:
    assert search_key(short, "CN") == short


@pytest.mark.parametrize("nothing", ["", " ", "-", "( )"])
def test_a_number_without_anything_in_it_is_no_number(nothing: str) -> None:
    assert search_key(nothing) == ""


def test_a_name_in_a_numbers_place_keeps_its_letters() -> None:
    assert search_key("sip:Alice@pbx") == "sip:alice@pbx"


@patient
@given(number=st.text() | NUMBERISH, region=REGIONS)
def test_any_text_has_a_key_that_fits_its_column(number: str, region: str) -> None:
    assert len(search_key(number, region)) <= 64


@patient
@given(number=NUMBERISH)
def test_blanks_and_dashes_never_matter(number: str) -> None:
    assert search_key(f" {number}-") == search_key(number)


@patient
@given(digits=st.from_regex(r"1[3-9]\d{9}", fullmatch=True, alphabet=st.sampled_from("0123456789")))
def test_every_chinese_mobile_has_one_key_with_and_without_its_country(digits: str) -> None:
    assert {search_key(before + digits) for before in ("", "86", "+86", "0086")} == {f"86{digits}"}


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+8613100001111", "****1111"), ("1111", "****"), ("12345", "****2345"), ("", "****")],
)
def test_a_log_shows_the_last_four_digits_and_never_a_whole_number(number: str, shown: str) -> None:
    assert masked(number) == shown
