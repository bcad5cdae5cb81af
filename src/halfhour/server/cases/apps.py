"""The app as Django knows it."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Cases of market processes."""

    name = "halfhour.server.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"
