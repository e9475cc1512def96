"""Seal every credential anew with the first key in CREDENTIALS_KEY."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from vendors import vault
from vendors.models import AlarmContact, Credential, PushToken


class Command(BaseCommand):
    help = (
        "Seal all secrets with the first key in CREDENTIALS_KEY. "
        "Before: put a new key first. After: take the old one out."
    )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for model in (Credential, PushToken, AlarmContact):
            for row in model._default_manager.select_for_update().exclude(sealed=""):
                row.sealed = vault.reseal(row.sealed)
                row.save(update_fields=["sealed"])
                count += 1
        self.stdout.write(f"{count} secrets sealed with the first key")
