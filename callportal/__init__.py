"""The portal as a whole: settings, addresses, workers. Composes; is imported by nobody."""

from callportal.celery import app as celery_app

__all__ = ["celery_app"]
