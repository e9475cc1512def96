"""Say what stands in the spool of this machine, and empty it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from vendors.spool import draining, files, reach, standing
from vendors.watch import counting


class Command(BaseCommand):
    help = "Say what the spool of this machine holds. The web server empties it by itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--drain", action="store_true", help="empty it now")
        parser.add_argument(
            "--again", action="store_true", help="try the files once more that were set aside"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["again"]:
            self.stdout.write(f"{files.take_back()} files taken back.")
        if options["drain"] or options["again"]:
            try:
                drained = draining.drain()
                counting.edge.write()
            except Exception as error:
                if reach.is_trouble(error):
                    raise CommandError(f"The database does not take them: {error}") from None
                raise
            self.stdout.write(f"{drained} pushes kept.")
        now = standing.look()
        if now.oldest_at is None:
            self.stdout.write("Nothing stands in the spool.")
        else:
            self.stdout.write(
                f"{now.pushes} pushes stand in the spool, the oldest since {now.oldest_at:%F %T}Z."
            )
        if now.aside:
            self.stdout.write(f"{now.aside} files were set aside: see the log for why.")
