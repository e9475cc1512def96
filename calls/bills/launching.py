"""Starts the process that compares bills."""

from calls.jobs.launching import Launcher
from calls.models import Bill

launcher = Launcher("compare_bills", Bill)
