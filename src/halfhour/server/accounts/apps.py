"""The accounts as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Organisations, people, tokens, audit."""

    name = "halfhour.server.accounts"
    label = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Keep former parties of cases, whoever records that another takes their place."""
        from django.db.models.signals import post_save  # noqa: PLC0415 - models are not ready before

        from halfhour.server.accounts.case_access import keep_former_parties  # noqa: PLC0415
        from halfhour.server.cases.models import CaseEvent  # noqa: PLC0415

        def kept(instance: CaseEvent, created: bool, **_: object) -> None:
            if created:
                keep_former_parties(instance)

        post_save.connect(kept, sender=CaseEvent, weak=False, dispatch_uid="accounts.former_parties")
