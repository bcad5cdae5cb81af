"""The app as Django knows it."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """Files in and out."""

    name = "halfhour.server.files"
    label = "files"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """What waits unmatched is looked at again when a case comes to be about it."""
        from halfhour.server.cases.present import subjects_gained  # noqa: PLC0415 - models are loaded by now
        from halfhour.server.files.placing import look_again  # noqa: PLC0415

        subjects_gained.connect(look_again, dispatch_uid="files look again")
