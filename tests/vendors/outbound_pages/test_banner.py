"""The banner."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.vendors.outbound_pages.conftest import (
    page,
)
from vendors.models import (
    OutboundQueue,
    OutboundRequest,
    RequestState,
    VendorAccount,
)
from vendors.permissions import SEE_REQUESTS, SETTLE

pytestmark = pytest.mark.django_db


def test_a_queue_that_stands_still_is_said_on_every_page_with_its_cause(
    sign_in: Callable[..., Client], account: VendorAccount, rings: list[None]
) -> None:
    OutboundQueue.objects.create(
        account=account, stopped_at=timezone.now(), stopped_status="400", stopped_code="1023006"
    )
    judge = sign_in("calls.view_call", SEE_REQUESTS, SETTLE)

    before = page(judge, reverse("calls"))
    resumed = judge.post(reverse("outbound-resume", args=[account.pk]), follow=True)

    assert "The queue of Main stands still." in before
    assert "could not be authenticated" in before
    assert "The queue of Main goes on." in resumed.content.decode()
    assert "stands still" not in resumed.content.decode()
    assert rings == [None]


def test_a_stop_whose_time_is_over_is_no_longer_said(agent: Client, account: VendorAccount) -> None:
    now = timezone.now()
    OutboundQueue.objects.create(
        account=account,
        stopped_at=now - timedelta(minutes=2),
        stopped_until=now - timedelta(minutes=1),
    )

    assert "stands still" not in page(agent, reverse("calls"))


def test_overdue_questions_are_counted_on_every_page(
    agent: Client, ask: Callable[..., OutboundRequest]
) -> None:
    ask(state=RequestState.UNCERTAIN, settled_at=timezone.now() - timedelta(hours=1))
    ask(state=RequestState.UNCERTAIN, settled_at=timezone.now())

    shown = page(agent, reverse("calls"))

    assert "1 request needs a decision" in shown
    assert f"{reverse('outbound')}?state=uncertain" in shown


def test_the_banner_is_for_those_who_see_requests(
    sign_in: Callable[..., Client], ask: Callable[..., OutboundRequest]
) -> None:
    ask(state=RequestState.UNCERTAIN, settled_at=timezone.now() - timedelta(hours=1))

    shown = page(sign_in("calls.view_call"), reverse("calls"))

    assert "needs a decision" not in shown
    assert reverse("outbound") not in shown
