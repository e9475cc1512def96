"""PostgreSQL: copied and filled by its own programs. They learn where it is from their environment,
so that no password stands in a list of processes."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from callportal.backups import copying, snapshots
from callportal.backups.manifest import BackupError
from callportal.backups.snapshots import Snapshot

NAME = "database.dump"
_COLUMNS = """
    SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
    AND a.attnum > 0 AND NOT a.attisdropped
"""
_DEBIANS = "usr/lib/postgresql"


@contextmanager
def snapshot(_: Path) -> Iterator[Snapshot]:
    """What a transaction sees, and pg_dump with it."""
    reader = connections.create_connection("default")
    server = _version_of_server()
    try:
        reader.set_autocommit(False)
        with reader.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            name = str(cursor.fetchone()[0])
        columns: dict[str, set[str]] = {}
        for table, column in _rows(reader, _COLUMNS):
            columns.setdefault(table, set()).add(column)
        left_out = [table for table in snapshots.tables_not_kept() if table in columns]
        yield Snapshot(
            name=NAME,
            server=f"PostgreSQL {server}",
            columns=columns,
            rows=lambda query: _rows(reader, query),
            pieces=lambda: _dump(name, left_out, server),
        )
    finally:
        reader.close()


def _rows(reader: BaseDatabaseWrapper, query: str) -> Iterator[tuple[Any, ...]]:
    with reader.chunked_cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(2000):
            yield from rows


def _dump(name: str, without: Sequence[str], server: int) -> Iterator[bytes]:
    command = [program("pg_dump", least=server), "--format=custom", "--no-owner", "--no-privileges"]
    command += [f"--snapshot={name}", *(f"--exclude-table-data={table}" for table in without)]
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(  # noqa: S603 - a program of PostgreSQL's
            command,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        assert process.stdout is not None  # noqa: S101 - asked for
        try:
            yield from copying.pieces_of(process.stdout)
        except BaseException:
            process.kill()
            raise
        finally:
            process.stdout.close()
            process.wait()
        _check(process, complaints)


def load(pieces: Iterable[bytes]) -> None:
    """Fill the database in one transaction: all of it is there, or nothing."""
    command = [program("pg_restore", least=_version_of_server()), "--single-transaction"]
    command += ["--exit-on-error", "--no-owner", "--no-privileges"]
    command += [f"--dbname={connection.settings_dict['NAME']}"]
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(  # noqa: S603 - a program of PostgreSQL's
            command, env=environment(), stdin=subprocess.PIPE, stderr=complaints
        )
        assert process.stdin is not None  # noqa: S101 - asked for
        try:
            for piece in pieces:
                process.stdin.write(piece)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it says why
        finally:
            process.wait()
        _check(process, complaints)


def _check(process: "subprocess.Popen[bytes]", complaints: IO[bytes]) -> None:
    if process.returncode:
        complaints.seek(0)
        said = complaints.read().decode(errors="replace").strip()
        name = Path(str(process.args[0])).name  # type: ignore[index] # a list, as we gave it
        raise BackupError(f"{name} failed: {said[-500:]}")


def clear() -> None:
    """Drop all tables and functions of ours, and nothing that an extension brought."""
    with connection.cursor() as cursor:
        for query, drop in (
            (
                "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()",
                "DROP TABLE IF EXISTS {} CASCADE",
            ),
            (
                "SELECT p.oid::regprocedure::text FROM pg_proc p "
                "WHERE p.pronamespace = current_schema()::regnamespace AND NOT EXISTS "
                "(SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')",
                "DROP ROUTINE IF EXISTS {} CASCADE",
            ),
        ):
            cursor.execute(query)
            for (name,) in cursor.fetchall():
                cursor.execute(drop.format(name))


def others() -> int:
    """How many other connections use the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


@contextmanager
def database_for_a_while(name: str) -> Iterator[None]:
    """An empty database beside ours, gone afterwards. Raises BackupError where we may make none."""
    keeper = connections.create_connection("default")
    keeper.set_autocommit(True)
    quoted = keeper.ops.quote_name(name)
    try:
        with keeper.cursor() as cursor:
            cursor.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            )
            if not cursor.fetchone()[0]:
                raise BackupError(
                    "The database's user may not make a database for the drill. Allow it for once: "
                    "ALTER ROLE … CREATEDB"
                )
            cursor.execute(f"CREATE DATABASE {quoted} TEMPLATE template0")
        try:
            yield
        finally:
            with keeper.cursor() as cursor:
                cursor.execute(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")
    finally:
        keeper.close()


def program(name: str, *, least: int) -> str:
    """A program of PostgreSQL's, of this version at least. Raises BackupError where there is none.

    Debian keeps the programs of several versions off PATH.
    """
    debians = sorted(Path("/").glob(f"{_DEBIANS}/*/bin/{name}"), reverse=True)
    versions = {one: _version(one) for one in (shutil.which(name), *map(str, debians)) if one}
    if not versions:
        raise BackupError(
            f"{name} was not found. Install PostgreSQL's client programs, version {least} or newer "
            f"(Debian: postgresql-client-{least})."
        )
    for one, version in versions.items():
        if version >= least:
            return one
    raise BackupError(
        f"{name} is of version {max(versions.values())}, older than the server's {least}. "
        f"Install the client programs of version {least} or newer."
    )


def _version(path: str) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    return int(found[1]) if found else 0


def _version_of_server() -> int:
    connection.ensure_connection()
    return int(connection.pg_version) // 10_000  # type: ignore[attr-defined] # PostgreSQL's own


def environment() -> dict[str, str]:
    given = connection.settings_dict
    options = given.get("OPTIONS", {})
    told = {
        "PGHOST": given.get("HOST"),
        "PGPORT": given.get("PORT"),
        "PGUSER": given.get("USER"),
        "PGPASSWORD": given.get("PASSWORD"),
        "PGDATABASE": given.get("NAME"),
        "PGCONNECT_TIMEOUT": "10",
    }
    for name in ("service", "passfile", "sslmode", "sslrootcert", "sslcert", "sslkey"):
        told[f"PG{name.upper()}"] = options.get(name)
    return os.environ | {name: str(value) for name, value in told.items() if value}
