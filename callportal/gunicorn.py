"""How gunicorn serves the portal, under the supervisor and in a container alike."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callportal.settings")

from django.conf import settings

worker_class = "gthread"
workers = settings.WEB_WORKERS
threads = settings.WEB_THREADS
preload_app = False
keepalive = 75  # vendors and proxies keep connections; a new one costs more than the push
graceful_timeout = 20
timeout = 60
control_socket_disable = True
accesslog = None
errorlog = "-"
loglevel = "warning"
limit_request_line = 8190
forwarded_allow_ips = "127.0.0.1,::1" if settings.TRUSTED_PROXIES else ""
worker_tmp_dir = str(settings.DATA_DIR)
