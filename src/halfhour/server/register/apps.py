"""The app as Django knows it."""

from django.apps import AppConfig


class RegisterConfig(AppConfig):
    """The register that remembers."""

    name = "halfhour.server.register"
    label = "register"
    default_auto_field = "django.db.models.BigAutoField"
