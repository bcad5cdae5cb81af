"""Settings of the Django project, every one from the environment or fixed here; nothing secret stands in a file.

| variable | says |
|---|---|
| `HALFHOUR_DATABASE` | `postgresql://user@host/name`, or the path of an SQLite file; absent = the user's own |
| `HALFHOUR_SECRET_KEY` | key of sessions; absent = a new one for each process |
| `HALFHOUR_ALLOWED_HOSTS` | names that the server answers to, by commas; absent = this machine |
| `HALFHOUR_MAX_UPLOAD` | the most bytes of a request |
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from halfhour.server.project.database import database_settings
from halfhour.server.project.environment import whole_number

_SERVER = Path(__file__).parents[1]

SECRET_KEY = os.environ.get("HALFHOUR_SECRET_KEY") or secrets.token_urlsafe(48)
DEBUG = False
ALLOWED_HOSTS = [
    name.strip()
    for name in os.environ.get("HALFHOUR_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
    if name.strip()
]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    *(f"halfhour.server.{folder.parent.name}" for folder in sorted(_SERVER.glob("*/apps.py"))),
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "halfhour.server.project.urls"
WSGI_APPLICATION = "halfhour.server.project.wsgi.application"
DATABASES = {"default": database_settings()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = False

DATA_UPLOAD_MAX_MEMORY_SIZE = whole_number("HALFHOUR_MAX_UPLOAD", 10 * 1024 * 1024, 1_000_000_000, "bytes")
FILE_UPLOAD_MAX_MEMORY_SIZE = DATA_UPLOAD_MAX_MEMORY_SIZE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
APPEND_SLASH = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {"django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
}
