"""Starts the process that works on imports."""

from calls.jobs.launching import Launcher
from vendors.models import Import

launcher = Launcher("work_imports", Import)
