"""``TextField`` lookup ``says``: whether the pieces of a text (``calls.words``) hold a phrase."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Lookup, TextField


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@TextField.register_lookup
class Says(Lookup[bool]):
    """The phrase's pieces stand side by side; the last may be a beginning.

    PostgreSQL asks the index for rows that have all the pieces and looks only at those. Elsewhere
    every row that the other filters leave is looked at.
    """

    lookup_name = "says"
    prepare_rhs = False
    rhs: Sequence[str]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, params = self.process_lhs(compiler, connection)
        pattern = f"% {_escaped(' '.join(self.rhs))}%"
        return f"(' ' || {lhs}) LIKE %s ESCAPE '\\'", (*params, pattern)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, params = self.process_lhs(compiler, connection)
        side_by_side, pattern = self.as_sql(compiler, connection)
        pieces = [f"'{piece}'" for piece in self.rhs]  # letters and digits: nothing to escape
        pieces[-1] += ":*"
        has_all = f"array_to_tsvector(string_to_array({lhs}, ' ')) @@ %s::tsquery"
        return f"({has_all} AND {side_by_side})", (*params, " & ".join(pieces), *pattern)
