"""Whether a backup is what was written: every file, to the byte."""

from pathlib import Path

from tqdm import tqdm

from callportal.backups import copying, listing, manifest
from callportal.backups.manifest import Manifest


def check(folder: Path) -> tuple[Manifest, list[str]]:
    """The manifest, and a sentence for each thing that is wrong.

    Raises BackupError for what is no whole backup.
    """
    found = manifest.read(folder)
    problems = []
    with (folder / listing.NAME).open("rb") as file:
        if copying.digest(copying.pieces_of(file))[1] != found.files_sha256:
            return found, [f"{listing.NAME} is not what was written."]
    count = 0
    for line in tqdm(listing.read(folder), total=found.files, unit=" files", disable=None):
        count += 1
        try:
            with line.path(folder).open("rb") as file:
                if copying.digest(copying.pieces_of(file)) != (line.size, line.sha256):
                    problems.append(f"{line.path(folder)} is not what was written.")
        except FileNotFoundError:
            problems.append(f"{line.path(folder)} is missing.")
        except (OSError, ValueError) as error:
            problems.append(f"{line.name}: {error}")
    if count != found.files:
        problems.append(f"{listing.NAME} lists {count} files, the manifest {found.files}.")
    return found, problems
