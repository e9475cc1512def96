"""The WSGI application that the web server serves."""

import os
import signal

from django.core.wsgi import get_wsgi_application

from callportal.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callportal.settings")

die_with_parent(signal.SIGTERM)
application = get_wsgi_application()

from vendors.spool.keeper import keeper  # noqa: E402 - it needs the applications

keeper.start()
