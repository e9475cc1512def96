"""The portal's settings, but with one Celery task for each push: see ``baseline``."""

from callportal.settings import *  # noqa: F403
from callportal.settings import MIDDLEWARE as _MIDDLEWARE

CELERY_IMPORTS = ["tests.benchmarks.baseline"]
MIDDLEWARE = ["tests.benchmarks.baseline.one_task_per_push", *_MIDDLEWARE]
