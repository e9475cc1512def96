"""Settings, top to bottom. Everything that varies comes from the environment: see the README."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import django_stubs_ext
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from callportal import environment as given

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = given.directory("DATA_DIR", BASE_DIR / "var")

# Where it listens, and what others see.
PORT = given.whole("PORT", 8000, least=1, most=65535)
BIND = given.text("BIND", "127.0.0.1")
PUBLIC_URL = given.origin("PUBLIC_URL", f"http://127.0.0.1:{PORT}")
IS_HTTPS = PUBLIC_URL.startswith("https://")
_PUBLIC_HOST = urlsplit(PUBLIC_URL).hostname or ""
ALLOWED_HOSTS = [*given.words("ALLOWED_HOSTS"), _PUBLIC_HOST, "127.0.0.1", "localhost", "[::1]"]
TRUSTED_PROXIES = given.whole("TRUSTED_PROXIES", 0, least=0, most=10)

# Secrets.
SECRET_KEY = given.kept_secret("SECRET_KEY", DATA_DIR / "secret_key", given.secret_key)
SECRET_KEY_FALLBACKS = given.words("SECRET_KEY_FALLBACKS")  # open what they signed, sign nothing
CREDENTIALS_KEYS = given.sealing_keys(
    "CREDENTIALS_KEY",
    given.kept_secret("CREDENTIALS_KEY", DATA_DIR / "credentials_key", given.sealing_key),
)
if SECRET_KEY in CREDENTIALS_KEYS:
    raise ImproperlyConfigured("CREDENTIALS_KEY: must not be the same as SECRET_KEY.")
RECORDINGS_KEYS = given.sealing_keys("RECORDINGS_KEY", given.text("RECORDINGS_KEY"))
if {SECRET_KEY, *CREDENTIALS_KEYS} & set(RECORDINGS_KEYS):
    raise ImproperlyConfigured("RECORDINGS_KEY: must differ from CREDENTIALS_KEY and SECRET_KEY.")
BACKUP_KEYS = given.sealing_keys("BACKUP_KEY", given.text("BACKUP_KEY"))
if {SECRET_KEY, *CREDENTIALS_KEYS, *RECORDINGS_KEYS} & set(BACKUP_KEYS):
    raise ImproperlyConfigured("BACKUP_KEY: must differ from all other keys.")
DEBUG = given.one_of("DEBUG", "false", ("true", "false")) == "true"

INSTALLED_APPS = [
    "callportal.apps.PortalConfig",
    "vendors",
    "calls",
    "callportal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "chartkick.django",  # for its files alone
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
]

MIDDLEWARE = [
    "callportal.middleware.PushesFirst",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "callportal.middleware.NotKept",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "callportal.middleware.AsTheReaderHasIt",
    "callportal.middleware.SignInIsAPage",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "callportal.middleware.SecondFactorFirst",
    "callportal.middleware.SessionsSeen",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "callportal.urls"
WSGI_APPLICATION = "callportal.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.template.context_processors.tz",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "calls.context.views",
                "vendors.context.alarms",
            ],
        },
    },
]

# The database. It is also the queue, so a commit must survive a power cut.
DATABASES = {
    "default": given.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'callportal.sqlite3'}")
}
IS_EMBEDDED = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if IS_EMBEDDED:
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        # Django's default, DEFERRED, fails at once when two transactions turn into writers.
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;",
    }
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
else:
    # The first lets the edge prepare its one statement; a pooler in front must keep sessions apart.
    # Compiling a plan costs more than any statement of ours saves by it.
    DATABASES["default"]["OPTIONS"] = {"prepare_threshold": 5, "options": "-c jit=off"}
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# What all web processes must know of at once: which one-time codes were used. Redis may be absent.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "callportal_cached",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# Workers. The broker only rings; without Redis it is a folder.
REDIS_URL = given.broker("REDIS_URL")
_POSTS = DATA_DIR / "broker"
if not REDIS_URL:
    (_POSTS / "control").mkdir(parents=True, exist_ok=True)
    (_POSTS / "messages").mkdir(parents=True, exist_ok=True)
WEB_WORKERS = given.whole("WEB_WORKERS", 1 if IS_EMBEDDED else 2, least=1, most=64)
WEB_THREADS = 4
TASK_WORKERS = given.whole("TASK_WORKERS", 1, least=1, most=64)
COURIER_THREADS = 16  # eight may fetch recordings, so that eight are left for calls
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
if not REDIS_URL:
    CELERY_BROKER_TRANSPORT = "callportal.broker:Transport"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    # A dead Redis must not hold up whoever rings.
    {"socket_timeout": 5, "socket_connect_timeout": 2}
    if REDIS_URL
    else {
        "data_folder_in": str(_POSTS / "messages"),
        "data_folder_out": str(_POSTS / "messages"),
        "control_folder": str(_POSTS / "control"),
        "polling_interval": 0.1,
    }
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = False  # the database is the queue: a lost ring costs one sweep
CELERY_WORKER_PREFETCH_MULTIPLIER = 8
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "vendors.tasks.process_pushes", "schedule": 5.0, "options": {"expires": 5}},
    "sweep requests": {
        "task": "vendors.tasks.sweep_requests",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "sweep recordings": {
        "task": "vendors.tasks.sweep_recordings",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "prune": {
        "task": "vendors.tasks.prune",
        "schedule": crontab(hour=18, minute=30),  # UTC
    },
    "forget sessions": {
        "task": "vendors.tasks.forget_sessions",
        "schedule": crontab(hour=19, minute=30),  # UTC
    },
    "forget old nonces": {"task": "vendors.tasks.forget_old_nonces", "schedule": 600.0},
    "forget old sendings": {"task": "vendors.tasks.forget_old_sendings", "schedule": 3600.0},
    "watch vendors": {
        "task": "vendors.tasks.watch_vendors",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "tell of alarms": {
        "task": "vendors.tasks.tell_of_alarms",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "keep the ledger": {
        "task": "vendors.tasks.keep_ledger",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "check tallies": {
        "task": "calls.tasks.check_tallies",
        "schedule": crontab(hour=20, minute=40),  # UTC
    },
    "link audit": {
        "task": "calls.tasks.link_audit",
        "schedule": 3.0,
        "options": {"expires": 3},
    },
    "check audit": {
        "task": "calls.tasks.check_audit",
        "schedule": crontab(hour=20, minute=20),  # UTC
    },
    "sweep exports": {
        "task": "calls.tasks.sweep_exports",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "sweep bills": {
        "task": "calls.tasks.sweep_bills",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "sweep lost calls": {
        "task": "calls.tasks.sweep_lost_calls",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "sweep imports": {
        "task": "vendors.tasks.sweep_imports",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "fetch failed pushes": {
        "task": "vendors.tasks.fetch_failed_pushes",
        "schedule": crontab(hour="19-23", minute=20),  # UTC: from 03:20 on in Beijing
    },
    "tidy imports": {"task": "vendors.tasks.tidy_imports", "schedule": 600.0},
    "sweep reprocessing": {
        "task": "vendors.tasks.sweep_reprocessing",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "send mailings": {
        "task": "calls.tasks.send_mailings",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "work out billing": {
        "task": "calls.tasks.work_out_billing",
        "schedule": 3.0,
        "options": {"expires": 3},
    },
}
CELERY_TASK_ROUTES = {
    name: {"queue": "courier"}
    for name in (
        "calls.tasks.check_audit",
        "calls.tasks.link_audit",
        "calls.tasks.sweep_bills",
        "calls.tasks.check_tallies",
        "calls.tasks.sweep_exports",
        "calls.tasks.sweep_lost_calls",
        "calls.tasks.send_mailings",
        "calls.tasks.work_out_billing",
        "vendors.tasks.send_requests",
        "vendors.tasks.sweep_requests",
        "vendors.tasks.fetch_recordings",
        "vendors.tasks.sweep_recordings",
        "vendors.tasks.prune",
        "vendors.tasks.forget_sessions",
        "vendors.tasks.forget_old_sendings",
        "vendors.tasks.sweep_reprocessing",
        "vendors.tasks.sweep_imports",
        "vendors.tasks.fetch_failed_pushes",
        "vendors.tasks.fetch_wanted_pushes",
        "vendors.tasks.tidy_imports",
        "vendors.tasks.watch_vendors",
        "vendors.tasks.tell_of_alarms",
        "vendors.tasks.keep_ledger",
    )
}
PUSH_BATCH = 60 if IS_EMBEDDED else 300
PUSH_LARGEST = 1024 * 1024
SPOOL_FOLDER = DATA_DIR / "spool"
SPOOL_MEGABYTES = given.whole("SPOOL_MEGABYTES", 256, least=0, most=1_000_000)
PUSH_BATCH_BYTES = 16 * PUSH_LARGEST  # of bodies that are read together
# What a push may take before it is set aside: seconds to read it, seconds of the processor's for a
# batch or for one, bytes of memory.
PUSH_READ_SECONDS, PUSH_WORK_SECONDS, PUSH_MEMORY = 5.0, 30.0, 512 * 1024 * 1024
LOST_CALL_HOURS = given.whole("LOST_CALL_HOURS", 6, least=1, most=720)

# People.
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTHENTICATION_BACKENDS = [
    "callportal.authentication.TokenScope",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# With the prefix, no other host of the domain and no plain HTTP can set these cookies.
_COOKIES = "__Host-" if IS_HTTPS else ""
SESSION_COOKIE_NAME = f"{_COOKIES}sessionid"
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_NAME = f"{_COOKIES}csrftoken"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_HTTPONLY = IS_HTTPS, True
LANGUAGE_COOKIE_SAMESITE: Literal["Lax"] = "Lax"

# Signing in. The package's own limits are off: those of callportal.signin.lockout count instead.
SIGN_IN_TRIES = given.whole("SIGN_IN_TRIES", 10, least=3, most=100)
SIGN_IN_ADDRESS_TRIES = given.whole("SIGN_IN_ADDRESS_TRIES", 50, least=10, most=10_000)
SIGN_IN_LOCK_MINUTES = given.whole("SIGN_IN_LOCK_MINUTES", 15, least=1, most=1440)
REQUIRE_SECOND_FACTOR = given.one_of("REQUIRE_SECOND_FACTOR", "none", ("none", "staff", "all"))
ACCOUNT_ADAPTER = "callportal.signin.adapters.Accounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]  # there is no sign-up; the package asks
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = False
ACCOUNT_FORMS = {"login": "callportal.signin.forms.SignInForm"}
MFA_ADAPTER = "callportal.signin.adapters.Factors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody's address is asked for
MFA_TOTP_ISSUER = "callportal"
MFA_TOTP_TOLERANCE = 1  # a telephone's clock may be half a minute off
MFA_RATE_LIMITS = False
MFA_FORMS = {
    "authenticate": "callportal.signin.forms.CodeForm",
    "reauthenticate": "callportal.signin.forms.CodeAgainForm",
}

# Single sign-on.
OIDC_URL = given.oidc("OIDC_URL")
OIDC_CLIENT_ID = given.text("OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = given.text("OIDC_CLIENT_SECRET")
OIDC_NAME = given.text("OIDC_NAME", "single sign-on")
OIDC_MAKE_USERS = given.one_of("OIDC_MAKE_USERS", "false", ("true", "false")) == "true"
OIDC_MATCH_EMAIL = given.one_of("OIDC_MATCH_EMAIL", "false", ("true", "false")) == "true"
OIDC_ROLES_CLAIM = given.text("OIDC_ROLES_CLAIM")
OIDC_ROLES = given.pairs("OIDC_ROLES")
OIDC_ONLY = given.one_of("OIDC_ONLY", "false", ("true", "false")) == "true"
if OIDC_URL and not OIDC_CLIENT_ID:
    raise ImproperlyConfigured("OIDC_CLIENT_ID: must be set where OIDC_URL is.")
if OIDC_ONLY and not OIDC_URL:
    raise ImproperlyConfigured("OIDC_ONLY: nobody could sign in without OIDC_URL.")
SOCIALACCOUNT_ADAPTER = "callportal.signin.single.SingleSignOn"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form of ours may not lead elsewhere: form-action
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"

# What browsers are told.
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # asked from inside, without TLS
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Mail, and who may read the figures of /metrics.
_MAIL = given.mail("EMAIL_URL")
EMAIL_BACKEND = _MAIL["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _MAIL["EMAIL_HOST"], _MAIL["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL["EMAIL_HOST_USER"], _MAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = "EMAIL_USE_TLS" in _MAIL, "EMAIL_USE_SSL" in _MAIL
EMAIL_IS_SENT = bool(_MAIL["EMAIL_HOST"])
EMAIL_FROM = given.text("EMAIL_FROM", "callportal@localhost")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = EMAIL_FROM
EMAIL_TIMEOUT = 10
METRICS_TOKEN = given.text("METRICS_TOKEN")

# Language and time.
LANGUAGE_CODE = "en"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
TIME_ZONE = given.zone("TIME_ZONE", "Asia/Shanghai")
USE_TZ = True

# Static files: ours and those of the libraries, collected when the portal starts.
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    "recordings": given.storage("RECORDINGS_URL", DATA_DIR / "recordings"),
    "exports": given.storage("EXPORTS_URL", DATA_DIR / "exports"),
    "bills": given.storage("BILLS_URL", DATA_DIR / "bills"),
    "imports": given.storage("IMPORTS_URL", DATA_DIR / "imports"),
}
if RECORDINGS_KEYS:
    for _name in ("recordings", "exports", "bills", "imports"):
        STORAGES[_name] = {
            "BACKEND": "callportal.storages.SealedStorage",
            "OPTIONS": {"inner": STORAGES[_name], "keys": RECORDINGS_KEYS},
        }
WHITENOISE_MANIFEST_STRICT = False
MEDIA_ROOT = DATA_DIR / "media"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "callportal.authentication.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["calls.permissions.MayReadCalls"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "callportal",
    "DESCRIPTION": "Calls of every vendor, in one form. Times are UTC, durations whole seconds.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["calls.permissions.MayReadCalls"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "callportal.schema.tell_refusals",
    ],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "PartyEnum": "calls.models.PARTY_CHOICES",
        "CallState": "calls.models.STATE_CHOICES",
        "RequestState": "vendors.models.RequestState",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"addresses": {"()": "callportal.logging.PushAddressFilter"}},
    "formatters": {"line": {"()": "callportal.logging.LineFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"level": "INFO"},
        "django.request": {"level": "ERROR", "filters": ["addresses"]},
        "celery": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},  # its lines name whole addresses, which may be secret
    },
}
