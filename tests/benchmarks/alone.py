"""One process, no web server: how fast waiting pushes become calls. Prints pushes per second by the
clock, and per second that the worker and its database process worked: other programs on the machine
change that less.

python -m tests.benchmarks.alone HOW_MANY SEED
"""

import json
import sys

import django

from tests.benchmarks.asking import Meter
from tests.benchmarks.pushes import mixed


def main(how_many: int, seed: int) -> None:
    django.setup()
    from django.db import connection, transaction
    from django.utils import timezone

    from vendors import inbox
    from vendors.adapters.base import Trust, Verdict
    from vendors.evidence import Evidence
    from vendors.models import VendorAccount

    accounts = {account.vendor: account for account in VendorAccount.objects.all()}
    with transaction.atomic():
        for push in mixed(how_many, seed):
            evidence = Evidence(
                kind=push.kind,
                received_at=timezone.now(),
                path=f"/hooks/{push.vendor}/****/{push.kind}",
                query="",
                headers=json.dumps({"host": "127.0.0.1", "content-type": "application/json"}),
                remote_address="127.0.0.1",
                verdict=Verdict(trust=Trust.NOT_CHECKED),
            )
            inbox.keep(accounts[push.vendor], evidence, push.body)
    connection.ensure_connection()
    meter = Meter.new()
    with meter.run():
        while inbox.process():
            pass
    by_clock, by_work = (how_many / one[0] * 1e3 for one in (meter.clock, meter.work))
    sys.stdout.write(f"{by_clock:.1f} {by_work:.1f}\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
