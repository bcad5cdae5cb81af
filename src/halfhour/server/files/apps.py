"""The app as Django knows it."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """Files in and out."""

    name = "halfhour.server.files"
    label = "files"
    default_auto_field = "django.db.models.BigAutoField"
