"""Whether a migration would hold a lock for long on a big table: squawk reads the SQL of each.

    python -m tests.servers python -m tests.migrations

Django writes the SQL of a migration for the database that it is connected to, so this needs a
PostgreSQL, which stays empty. CONTRIBUTING.md tells how to write what it asks for.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import django

SQUAWK = Path(sys.executable).with_name("squawk")
VERSION = "15"  # of PostgreSQL, the oldest that is supported

# The last migration of each app that came before the check; tables were small when they ran.
BASELINE = {"callportal": "0002_role", "calls": "0008_lost_calls", "vendors": "0008_watching"}

# Rules that do not fit, each with its reason.
LEFT_OUT = {
    "prefer-robust-stmts": "Django runs a migration once, and in a transaction",
    "prefer-text-field": "a longer varchar is no rewrite, and Django's CharField has no other type",
    "prefer-bigint-over-int": "small numbers are small on purpose; keys are bigint already",
    "prefer-bigint-over-smallint": "the same",
    "prefer-identity": "it is what Django writes",
    "require-timeout-settings": "callportal.apps sets lock_timeout for every migration",
}

# What was made before the first release, when nobody had a big table: it stays as it is.
EXEMPT = {
    ("callportal.0003_sign_in", "ban-drop-default"),
    ("calls.0011_expected_records", "require-concurrent-index-creation"),
    ("vendors.0011_imports", "ban-drop-default"),
}


@dataclass(frozen=True, slots=True)
class Complaint:
    migration: str
    rule: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.migration}: {self.rule}: {self.sentence}"


def complaints(name: str, sql: str) -> list[Complaint]:
    """What squawk has against the SQL of a migration."""
    command = [str(SQUAWK), "--reporter", "json", f"--pg-version={VERSION}"]
    command += [f"--exclude={','.join(LEFT_OUT)}", f"--stdin-filepath={name}.sql"]
    done = subprocess.run(command, input=sql, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode not in {0, 1} or not done.stdout.strip():
        raise RuntimeError(f"squawk failed: {done.stderr}")
    made = set(re.findall(r'CREATE TABLE "(\w+)"', sql))
    lines = sql.split("\n")
    return [
        Complaint(name, one["rule_name"], one["message"])
        for one in json.loads(done.stdout)
        if (name, one["rule_name"]) not in EXEMPT and not _is_about(made, lines[one["line"] :])
    ]


def _is_about(made: set[str], lines: list[str]) -> bool:
    """Whether the statement that begins here is about a table that this migration made, which is
    empty."""
    found = (
        re.search(r'(?:ALTER TABLE|\bON) "(\w+)"|CREATE TABLE "(\w+)"', lines[0]) if lines else None
    )
    return bool(found and (found[1] or found[2]) in made)


def sql_of(migrations: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The SQL of migrations by name, as the database that we are connected to would run it."""
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection, replace_migrations=False)
    found = {}
    for app, name in migrations:
        migration = loader.get_migration(app, name)
        lines = "\n".join(loader.collect_sql([(migration, False)]))
        found[f"{app}.{name}"] = f"BEGIN;\n{lines}\nCOMMIT;\n" if migration.atomic else lines
    return found


def checked() -> list[tuple[str, str]]:
    """The migrations of ours that came after the baseline."""
    from django.db.migrations.loader import MigrationLoader

    known = sorted(MigrationLoader(None).disk_migrations)
    return [(app, name) for app, name in known if app in BASELINE and name > BASELINE[app]]


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callportal.settings")
    django.setup()
    from django.db import connection

    if connection.vendor != "postgresql":
        sys.stderr.write(
            "Run it on PostgreSQL: python -m tests.servers python -m tests.migrations\n"
        )
        return 2
    found = [one for name, sql in sql_of(checked()).items() for one in complaints(name, sql)]
    for one in found:
        print(one)  # noqa: T201
    print(f"{len(checked())} migrations looked at, {len(found)} complaints")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
