"""Moments as numbers: what reads quickest where there are very many of them."""

from typing import Any

from django.db import models


class Epoch(models.Func):
    """A moment as whole seconds since 1970."""

    output_field = models.BigIntegerField()
    template = "floor(extract(epoch FROM %(expressions)s))::bigint"

    def get_db_converters(self, connection: Any) -> list[Any]:
        """None: it is a whole number already, and there are millions of them."""
        return []

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        # Without its fraction, which SQLite rounds. The sign is doubled twice: once for this
        # template, once for Django's placeholders.
        template = "CAST(strftime('%%%%s', substr(%(expressions)s, 1, 19)) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **extra)
