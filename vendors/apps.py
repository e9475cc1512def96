from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class VendorsConfig(AppConfig):
    name = "vendors"
    verbose_name = _("Vendors")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from calls import billing, elsewhere, panels, records
        from calls.audit import subjects
        from vendors import mentions
        from vendors.panels import calling, pushes, record
        from vendors.registry import VENDORS

        post_migrate.connect(_copy_code_tables, sender=self)
        panels.add(record)
        panels.add(calling)
        panels.add(pushes)
        elsewhere.add(mentions.find)
        subjects.lead(
            {
                "account": "admin:vendors_vendoraccount_change",
                "alarm": "alarm",
                "push": "push",
                "refused push": "refusal",
                "reprocessing": "trouble-job",
                "request": "outbound-request",
            }
        )
        for vendor in VENDORS.values():
            billing.add(vendor.key, vendor.billing_table())
            if vendor.imports.record_within is not None:
                records.expect(vendor.key, vendor.imports.record_within)


def _copy_code_tables(using: str, **_: Any) -> None:
    from vendors import tables

    tables.copy()
