"""Starts the process that makes big files."""

from calls.jobs.launching import Launcher
from calls.models import Export

launcher = Launcher("make_exports", Export)
