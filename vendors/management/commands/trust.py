"""What the running portal answers its vendors, asked for and compared with what was promised."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from vendors.trust import matrix


class Command(BaseCommand):
    help = (
        "Ask the running portal what each vendor hears, and note it for /trust/. The accounts that"
        " it asks at are deleted again, with all that was kept for them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default="", help="where the portal is; PUBLIC_URL otherwise")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            trials = matrix.check(options["url"])
        except ValueError as error:
            raise CommandError(f"--url: {error}.") from None
        for trial in trials:
            for case, heard in trial.figures.items():
                self.stdout.write(f"{trial.name:<10} {case:<20} {heard}")
        wrong = [trial.name for trial in trials if not trial.has_passed]
        if wrong:
            raise CommandError(f"Not what was promised: {', '.join(wrong)}.")
        self.stdout.write("Every answer is what was promised, to the byte.")
