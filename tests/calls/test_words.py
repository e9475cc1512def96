"""Words of a dialog in pieces: any part of a sentence is found, and nothing that was not said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.words import MOST_CHARACTERS, phrase, pieces

LETTERS = st.text(alphabet="您好请问优惠券ab1 ，。!", min_size=1, max_size=30)


def says(texts: list[str], wanted: str) -> bool:
    """What both databases ask: the pieces side by side, the last of them a beginning."""
    return f" {' '.join(phrase(wanted))}" in f" {pieces(texts)}"


def test_chinese_is_cut_into_pairs_and_other_words_stay_whole() -> None:
    assert pieces(["您好, Coupon 券"]) == "您好 好 coupon 券"


@pytest.mark.parametrize(
    "wanted", ["优", "优惠", "惠券", "优惠券", "优惠券！", "coupon", "coup", "券 coupon"]
)
def test_any_part_of_a_sentence_is_found(wanted: str) -> None:
    assert says(["您好，有优惠券 Coupon 吗"], wanted)


@pytest.mark.parametrize("wanted", ["优券", "惠优", "oupon", "吗 您好"])
def test_what_was_not_said_is_not_found(wanted: str) -> None:
    assert not says(["您好，有优惠券 Coupon 吗"], wanted)


def test_punctuation_between_characters_says_nothing() -> None:
    assert says(["您好，请问"], "您好请问")
    assert says(["您好请问"], "您好，请问")


def test_a_phrase_does_not_reach_from_one_turn_into_the_next() -> None:
    assert not says(["您好", "请问"], "您好请问")


def test_signs_alone_are_nothing_to_look_for() -> None:
    assert phrase("?! …") == []


@given(st.lists(st.one_of(LETTERS, st.text(max_size=10), st.just("……"))))
def test_no_piece_is_empty_whatever_the_turns_are(texts: list[str]) -> None:
    found = pieces(texts)

    assert found == "" or all(found.split(" "))


def test_a_text_without_end_is_cut_at_a_piece() -> None:
    cut = pieces(["优惠券" * MOST_CHARACTERS])

    assert len(cut) <= MOST_CHARACTERS
    assert cut.endswith(("券优", "优惠", "惠券"))


@given(LETTERS, st.data())
def test_every_part_of_a_text_is_found_in_it(text: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(text) - 1))
    last = data.draw(st.integers(first + 1, len(text)))
    part = text[first:last]
    starts_inside_a_word = first and text[first - 1].isalnum() and text[first - 1].isascii()
    if not phrase(part) or (starts_inside_a_word and part[0].isascii()):
        return  # whole words are found by their beginning alone

    assert says([text], part)
