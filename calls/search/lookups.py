"""Lookups of the pieces of a text (``calls.words``): ``says`` by an index, ``holds`` by reading."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Lookup, TextField


class Holds(Lookup[bool]):
    """Whether a phrase's pieces stand side by side; the last may be a beginning."""

    lookup_name = "holds"
    prepare_rhs = False
    rhs: Sequence[str]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, params = self.process_lhs(compiler, connection)
        # No LIKE: planners expect next to no row to match a pattern, however common the phrase is.
        place = "strpos" if connection.vendor == "postgresql" else "instr"
        return f"{place}(' ' || {lhs}, %s) > 0", (*params, f" {' '.join(self.rhs)}")


class Says(Holds):
    """The same, for the whole table. PostgreSQL asks the index for rows that have all the pieces
    and looks only at those; elsewhere every row that the other filters leave is looked at."""

    lookup_name = "says"

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, params = self.process_lhs(compiler, connection)
        side_by_side, words = self.as_sql(compiler, connection)
        pieces = [f"'{piece}'" for piece in self.rhs]  # letters and digits: nothing to escape
        pieces[-1] += ":*"
        has_all = f"array_to_tsvector(string_to_array({lhs}, ' ')) @@ %s::tsquery"
        return f"({has_all} AND {side_by_side})", (*params, " & ".join(pieces), *words)


def register() -> None:
    """Let text fields be looked up by both."""
    TextField.register_lookup(Holds)
    TextField.register_lookup(Says)
