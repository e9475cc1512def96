"""Whether a backup can be restored here: its files, its database, its keys, its version."""

from pathlib import Path

from django.db.migrations.loader import MigrationLoader

from callportal.backups import checking, databases, keys
from callportal.backups.manifest import BackupError, Manifest


def look_at(folder: Path) -> Manifest:
    """Raises BackupError, with a sentence, where it cannot. Touches nothing."""
    found, problems = checking.check(folder)
    if problems:
        raise BackupError(f"{folder} is damaged: {' '.join(problems[:5])}")
    if found.database != databases.kind():
        raise BackupError(
            f"The backup is of {found.server}, and this portal's database is {databases.kind()}. "
            "A backup is restored into a database of its own kind."
        )
    if lacking := keys.missing(found.keys):
        told = "; ".join(f"{name}: {', '.join(ids)}" for name, ids in lacking.items())
        raise BackupError(
            f"Keys are missing that the backup is sealed with ({told}). Put them into the settings "
            "first: nothing was touched."
        )
    if unknown := _unknown_migrations(found):
        raise BackupError(
            f"The backup is of a newer portal: {', '.join(unknown[:3])} is not known here. "
            "Install that version first."
        )
    return found


def _unknown_migrations(found: Manifest) -> list[str]:
    known = MigrationLoader(None).disk_migrations
    apps = {app for app, _ in known}
    return [
        f"{app}.{name}"
        for app, names in found.migrations.items()
        for name in names
        if app in apps and (app, name) not in known
    ]
