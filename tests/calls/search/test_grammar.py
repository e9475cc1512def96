"""A search as text: it says what the address says, and a mistake is shown at its place."""

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from calls.search import FILTERS, Search, grammar, read_query, read_text, read_words
from calls.search.clauses import Clauses, of_query

VALUES = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1)
    .map(str.strip)
    .filter(bool)
)
SAID = st.lists(st.tuples(st.sampled_from(sorted(FILTERS)), st.booleans(), VALUES), max_size=8)
SORTS = st.sampled_from(["", "-talk", "ring", "time"])


@given(SAID, SORTS)
def test_what_is_written_as_text_reads_as_the_same_search(
    said: list[tuple[str, bool, str]], sort: str
) -> None:
    clauses = Clauses.gathered(said, sort)

    read = read_words(grammar.write(clauses))

    assert read.clauses == clauses
    assert not read.words
    assert not read.clauses.problems


@given(SAID, SORTS)
def test_what_is_written_as_an_address_reads_as_the_same_search(
    said: list[tuple[str, bool, str]], sort: str
) -> None:
    clauses = Clauses.gathered(said, sort)

    assert of_query(QueryDict(clauses.query)) == clauses


@given(st.text(max_size=80))
def test_any_text_is_read_without_an_error_and_writes_a_text_that_stays(text: str) -> None:
    once = read_words(text).clauses

    again = read_words(grammar.write(once)).clauses

    assert again == once


@pytest.mark.django_db
def test_text_and_address_are_two_ways_to_say_one_search() -> None:
    text = 'outcome:busy,failed talk:>30 from:2026-11-01 said:"优惠 券" -code:q850/16 sort:-talk'

    search = read_text(text)

    assert not search.problems
    assert search.text == text.replace('"优惠 券"', '"优惠 券"')
    assert read_query(QueryDict(search.query)).text == search.text


@pytest.mark.parametrize(
    ("text", "place", "sentence"),
    [
        (
            "vendor:yeta outcom:busy",
            "outcom",
            'There is no filter "outcom". Did you mean "outcome"?',
        ),
        ("xyzzy:1", "xyzzy", 'There is no filter "xyzzy".'),
        ("talk:", "talk:", "talk: expected a value after the colon, found nothing."),
        ('said:"coupon', '"', "This quotation mark has no partner."),
    ],
)
def test_a_mistake_is_shown_at_its_place_with_what_would_be_right(
    text: str, place: str, sentence: str
) -> None:
    problems = read_words(text).clauses.problems

    assert [one.text for one in problems] == [sentence]
    assert text[problems[0].start : problems[0].end] == place


def test_an_address_that_somebody_pasted_is_no_filter() -> None:
    assert [word.text for word in read_words("https://calls.example/x").words] == [
        "https://calls.example/x"
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "talk:soon",
            'Talk seconds: Expected seconds such as 30, >30, <=2m, 30-60 or none; found "soon".',
        ),
        ("ring:60-30", "Ring seconds: The range ends before it begins."),
        ("outcome:happy", 'found "happy"'),
        ("from:yesterday", 'found "yesterday"'),
        ("to:9999-12-31", 'found "9999-12-31"'),
        ("account:Nobody", 'There is no account "Nobody".'),
        ("said:?!", "has no letter"),
        ("pick:abc", "Expected a whole number"),
        ("number:**", "Expected a number"),
        ("sort:size", "sort: expected one of"),
        ("words", 'Expected name:value, found "words".'),
        ("call_id:a\x00b", "NUL character"),
    ],
)
def test_a_value_that_cannot_be_meant_gets_a_sentence(text: str, complaint: str) -> None:
    problems = read_text(text).problems

    assert len(problems) == 1
    assert complaint in problems[0].text
    assert not read_text(text).rows()


@pytest.mark.django_db
def test_more_values_than_an_address_holds_are_too_many() -> None:
    many = ",".join(str(13100000000 + one) for one in range(201))

    problems = read_text(f"number:{many}").problems

    assert "201 values; at most 200" in problems[0].text


def test_a_search_without_end_is_refused_before_it_is_read() -> None:
    assert "may have 20000" in read_words("a" * 20_001).clauses.problems[0].text


@pytest.mark.django_db
def test_a_form_may_hold_several_numbers_in_one_field_and_turn_a_filter_round() -> None:
    search = read_query(
        QueryDict("number=13100001111, 13100002222&vendor=&not=outcome&outcome=busy")
    )

    assert search.text == "number:13100001111,13100002222 -outcome:busy"


@pytest.mark.django_db
def test_a_search_with_a_problem_has_no_rows_and_not_all_of_them() -> None:
    assert Search(read_query(QueryDict("nonsense=1")).clauses).unordered().query.is_empty()
