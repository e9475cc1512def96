"""Learn what is usual from the pushes that are here, as after an upgrade that brings the watch."""

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Min
from django.utils import timezone
from tqdm import tqdm

from vendors.models import Push, PushHour
from vendors.watch import counting, silence
from vendors.watch.counting import Count, Key


class Command(BaseCommand):
    help = "Learn from the pushes of the last weeks in which hours of the week pushes are usual."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--weeks", type=int, default=silence.WEEKS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Hours from the first one on that the edge counted are left as they are."""
        until = PushHour.objects.aggregate(first=Min("hour"))["first"]
        until = until or timezone.now().replace(minute=0, second=0, microsecond=0)
        came = Push.objects.filter(
            received_at__gte=timezone.now() - timedelta(weeks=options["weeks"]),
            received_at__lt=until,
        )
        rows = came.order_by().values_list("account_id", "kind", "received_at")
        counts: dict[Key, Count] = {}
        for account_id, kind, at in tqdm(rows.iterator(10_000), unit=" pushes", disable=None):
            hour, second = divmod(at.timestamp(), 3600)
            count = counts.setdefault((account_id, kind, int(hour)), Count())
            count.minutes |= 1 << int(second // 60)
            count.last_at = max(at, count.last_at or datetime.min.replace(tzinfo=UTC))
        if counts:
            counting.write(counts)
        self.stdout.write(f"{len(counts)} hours were learned")
