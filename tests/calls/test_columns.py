"""The columns of the list and of exports."""

from calls import columns
from calls.models import Call
from calls.search.order import ORDERS


def test_columns_are_chosen_by_their_keys_in_order() -> None:
    chosen = columns.chosen(["talk", "time", "talk"])

    assert chosen.keys == ["talk", "time"]
    assert chosen.dropped == ()


def test_a_column_that_is_gone_is_left_out_and_named() -> None:
    chosen = columns.chosen(["time", "favourite", 7, None])

    assert chosen.keys == ["time"]
    assert chosen.dropped == ("favourite", "7", "None")


def test_without_a_known_column_there_are_the_default_ones() -> None:
    default = [column.key for column in columns.ALL if column.is_default]

    assert columns.chosen([]).keys == columns.chosen(["favourite"]).keys == default
    assert "time" in default


def test_what_a_cell_of_the_list_shows_as_well_is_a_column_of_its_own_in_a_file() -> None:
    shown = columns.chosen(["outcome", "vendor", "talk"])

    assert columns.in_a_file(shown).keys == ["outcome", "why", "vendor", "account", "talk"]


def test_a_file_has_a_column_once_where_it_was_chosen() -> None:
    shown = columns.chosen(["account", "vendor"])

    assert columns.in_a_file(shown).keys == ["account", "vendor"]


def test_no_two_columns_have_the_same_key() -> None:
    assert len(columns.BY_KEY) == len(columns.ALL)


def test_columns_are_made_of_fields_of_a_call() -> None:
    fields = {one.attname for one in Call._meta.concrete_fields}

    assert {name for column in columns.ALL for name in column.fields} <= fields


def test_what_a_column_sorts_by_is_an_order_of_the_search() -> None:
    sorts = {column.sort for column in columns.ALL if column.sort}

    assert sorts <= set(ORDERS)
    assert {f"-{one}" for one in sorts} <= set(ORDERS)
