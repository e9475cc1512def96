"""Celery tasks: each calls one function of the portal and nothing else."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from vendors import inbox
from vendors.models import SeenNonce

NONCE_IS_REMEMBERED_FOR = timedelta(
    hours=9
)  # 8 h between the two readings of Created, and a window


@shared_task
def process_pushes() -> None:
    inbox.process_all()


@shared_task
def forget_old_nonces() -> None:
    SeenNonce.objects.filter(seen_at__lt=timezone.now() - NONCE_IS_REMEMBERED_FOR).delete()
