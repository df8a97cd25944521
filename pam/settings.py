"""
Settings, read from the environment and checked at start.

What is missing or unsafe stops the process with one line that names the variable. Business figures (limits,
campaigns, thresholds) are rows in the database, never settings.
"""

from pathlib import Path

import environ
from celery.schedules import crontab
from django.templatetags.static import static
from django.urls import reverse_lazy

env = environ.Env()
ROOT = Path(__file__).resolve().parent.parent

SECRET_KEY = env.str("SECRET_KEY")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# The first key encrypts, all of them decrypt: `id:base64 of 32 bytes`, separated by commas.
FIELD_KEYS = env.list("FIELD_KEYS")
BLIND_INDEX_KEY = env.str("BLIND_INDEX_KEY")
# Runs although the application's login owns the ledger tables, and warns: the grants then protect nothing.
ALLOW_OWNER = env.bool("ALLOW_OWNER", default=False)
# Behind TLS (a proxy in front): cookies are for HTTPS only. Off for a plain machine of one's own.
HTTPS = env.bool("HTTPS", default=False)

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "apps.backoffice.site.config.StaffSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "import_export",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "apps.core",
    "apps.markets",
    "apps.accounts",
    "apps.cases",
    "apps.responsible_gaming",
    "apps.access",
    "apps.wallet",
    "apps.games",
    "apps.reports",
    "apps.backoffice",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "pam.urls"
WSGI_APPLICATION = "pam.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def _database(variable: str) -> dict:
    """Return one connection's settings; both logins reach the same database."""
    database = env.db_url(variable)
    if not database["ENGINE"].endswith("postgresql"):
        raise environ.ImproperlyConfigured(f"{variable} must be a postgres:// URL")
    return database | {
        "ENGINE": "apps.core.postgres",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # Waiting longer than this for a lock is answered as "unknown, try again" (docs/why/003). What is
            # prepared (the stake path) is planned once per connection, not anew for every player.
            "options": "-c lock_timeout=2s -c idle_in_transaction_session_timeout=30s"
            " -c plan_cache_mode=force_generic_plan",
            # Client-side binding for the ORM; the stake path binds on the server and prepares (apps/games).
            "prepare_threshold": 0 if env.bool("PREPARED_STATEMENTS", default=True) else None,
        },
    }


# "default" is the application's login, which cannot rewrite history; "owner" migrates and nothing else: web
# and workers do without it.
DATABASES = {"default": _database("DATABASE_URL")}
if env.str("DATABASE_OWNER_URL", default=""):
    DATABASES["owner"] = _database("DATABASE_OWNER_URL")

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.str("CACHE_URL"),
        "KEY_PREFIX": "pam",
    }
}

CELERY_BROKER_URL = env.str("BROKER_URL")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "pam"
if CELERY_BROKER_URL.startswith("amqp"):
    CELERY_TASK_DEFAULT_QUEUE_TYPE = "quorum"
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, int] = {"confirm_publish": True}
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 600,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    }
# A doorbell that nobody heard within its period is worth nothing: the next one rings for the same rows.
CELERY_BEAT_SCHEDULE = {
    "run-subscriptions": {"task": "core.run_subscriptions", "schedule": 1.0, "options": {"expires": 5}},
    "check-books": {"task": "reports.check_books", "schedule": 60.0, "options": {"expires": 50}},
    "check-all-books": {"task": "reports.check_all_books", "schedule": crontab(hour="3", minute="0")},
    "expire-approvals": {"task": "cases.expire_approvals", "schedule": 300.0, "options": {"expires": 290}},
}

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
OTP_TOTP_ISSUER = "PAM"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True

# Staff: an idle quarter of an hour ends the session, a closed browser too.
SESSION_COOKIE_AGE = 15 * 60
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
X_FRAME_OPTIONS = "DENY"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.accounts.api.SessionTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "apps.core.schema.NestedNames",
    "DEFAULT_THROTTLE_RATES": {"login": "300/min"},
    "EXCEPTION_HANDLER": "apps.core.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "PAM",
    "DESCRIPTION": "The player's API of the platform. Amounts are decimal strings with a currency.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "apps.backoffice.site.formats"
STATIC_URL = "/static/"
STATIC_ROOT = ROOT / ".local" / "static"
STATICFILES_DIRS = [ROOT / "static"]
# Files are found where they lie, also without `collectstatic`: one command less on a newcomer's machine.
WHITENOISE_USE_FINDERS = True

UNFOLD = {
    "SITE_TITLE": "PAM",
    "SITE_HEADER": "PAM",
    "SITE_SUBHEADER": "Player account management",
    "SITE_SYMBOL": "casino",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("backoffice/icon.svg")}
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [
        lambda request: static("backoffice/values.css"),
        lambda request: static("backoffice/acts.css"),
        lambda request: static("backoffice/pages.css"),
    ],
    "LOGIN": {"image": lambda request: static("backoffice/door.svg")},
    "DASHBOARD_CALLBACK": "apps.backoffice.admin.dashboard.fill",
    "SIDEBAR": {"navigation": "apps.backoffice.site.navigation.rooms"},
    "COLORS": {
        "primary": {
            "50": "oklch(97.1% .014 205)",
            "100": "oklch(94.2% .034 204)",
            "200": "oklch(89.2% .061 205)",
            "300": "oklch(82.1% .1 207)",
            "400": "oklch(73.4% .122 210)",
            "500": "oklch(64.2% .118 214)",
            "600": "oklch(53.5% .102 218)",
            "700": "oklch(45.8% .086 220)",
            "800": "oklch(39.5% .071 222)",
            "900": "oklch(34.2% .06 224)",
            "950": "oklch(25.5% .048 226)",
        }
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # A refusal is an answer, not a warning.
    "loggers": {"apps": {"level": "INFO"}, "django.request": {"level": "ERROR"}},
}
