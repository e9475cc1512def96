"""The smallest WSGI app that keeps a push durably: what the edge is measured against.

It writes the same columns as the portal, into a table of the same shape (indexes and the unique
constraint included), over one connection per thread. It finds no account, checks nothing and reads
no header: all columns but the body, its digest and the times come from one push that the portal
kept before.
"""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import psycopg

TABLE = "smallest_push"
_here = threading.local()
_ANSWER = [b"success"]
_HEADERS = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "7")]


def _open() -> tuple[Callable[..., Any], dict[str, Any], str]:
    """A connection that stays, the columns that are always the same, and the statement."""
    url = os.environ["DATABASE_URL"].replace("postgres:", "postgresql:")
    connection = psycopg.connect(url, autocommit=True)
    found = connection.execute("SELECT * FROM vendors_push LIMIT 1")
    row = found.fetchone()
    if row is None or found.description is None:
        raise LookupError("the portal has to keep a push first")
    columns = {
        column.name: json.dumps(value) if isinstance(value, dict) else value
        for column, value in zip(found.description, row, strict=True)
        if column.name != "id"
    }
    places = ", ".join(f"%({name})s" for name in columns)
    statement = f"INSERT INTO {TABLE} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608
    return connection.execute, columns, statement


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if not hasattr(_here, "kept"):
        _here.kept = _open()
    execute, columns, statement = _here.kept
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    now = datetime.now(UTC)
    changed = {"body": body, "digest": hashlib.sha256(body).digest(), "size": len(body)}
    execute(statement, columns | changed | {"received_at": now, "next_try_at": now})
    start_response("200 OK", _HEADERS)
    return _ANSWER
