"""Makes rows for recordings that wait to be fetched, as pushes would have."""

import os
import sys
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callportal.settings")


def main(url: str, count: int) -> None:
    django.setup()
    from django.utils import timezone

    from calls.models import Call, Recording, Sound, SoundState
    from vendors import accounts
    from vendors.models import VendorAccount

    account = VendorAccount.objects.get(vendor="yeta")
    accounts.configure(account, {"recording_hosts": f"{url}+private"})
    now = timezone.now()
    call = Call.objects.create(
        account=account,
        vendor="yeta",
        call_id="bench",
        occurred_at=now,
        outcome="answered",
        state="ended",
        first_received_at=now,
        updated_at=now,
    )
    recordings = Recording.objects.bulk_create(
        Recording(
            call=call, key=str(number), track="mixed", address=f"{url}/{number}.wav", push_id=1
        )
        for number in range(count)
    )
    Sound.objects.bulk_create(
        Sound(
            call=call,
            recording=one,
            state=SoundState.WAITING,
            next_try_at=now + timedelta(days=1),  # until the benchmark lets them go
            deadline_at=now + timedelta(days=7),
            host="127.0.0.1",
        )
        for one in recordings
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
