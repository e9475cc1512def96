"""The admin."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.vendors.outbound_pages.conftest import (
    CODE,
    VERIFICATION,
)
from vendors.models import (
    Attempt,
    NeverCall,
    OutboundRequest,
    VendorAccount,
)

pytestmark = pytest.mark.django_db


def test_the_admin_lists_a_number_once_and_says_who_added_it(
    client: Client, account: VendorAccount
) -> None:
    client.force_login(User.objects.create_superuser("administrator"))
    address = reverse("admin:vendors_nevercall_add")

    client.post(address, {"number": "131-0000-2222", "note": "asked us to"})
    twice = client.post(address, {"number": "+8613100002222"})
    found = client.get(reverse("admin:vendors_nevercall_changelist"), {"q": "86 131 0000 2222"})

    row = NeverCall.objects.get()
    assert (row.key, row.added_by) == ("8613100002222", "administrator")
    assert "listed already" in twice.content.decode()
    assert "131-0000-2222" in found.content.decode()


def test_the_admin_shows_requests_and_changes_none(
    client: Client, ask: Callable[..., OutboundRequest]
) -> None:
    client.force_login(User.objects.create_superuser("administrator"))
    request = ask("voice_verification", VERIFICATION)
    Attempt.objects.create(request=request, number=1, began_at=timezone.now())
    address = reverse("admin:vendors_outboundrequest_change", args=[request.pk])

    shown = client.get(address)
    changed = client.post(address, {"state": "accepted"})

    assert shown.status_code == 200
    assert CODE not in shown.content.decode()
    assert request.sealed_secrets not in shown.content.decode()
    assert changed.status_code == 403
