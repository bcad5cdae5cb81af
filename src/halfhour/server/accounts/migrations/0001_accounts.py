"""The tables of accounts; the audit trail is guarded by the database itself."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_REFUSAL = "the audit trail is only ever added to"
_SQLITE = (
    "CREATE TRIGGER accounts_audit_no_{word} BEFORE {verb} ON accounts_auditentry "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
)
_POSTGRESQL = (
    "CREATE FUNCTION accounts_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
    "CREATE TRIGGER accounts_audit_no_change BEFORE UPDATE OR DELETE ON accounts_auditentry "
    "FOR EACH ROW EXECUTE FUNCTION accounts_audit_refuse()",
    "CREATE TRIGGER accounts_audit_no_truncate BEFORE TRUNCATE ON accounts_auditentry "
    "FOR EACH STATEMENT EXECUTE FUNCTION accounts_audit_refuse()",
)


def guard(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Let the database refuse changes of the audit trail."""
    if editor.connection.vendor == "postgresql":
        for statement in _POSTGRESQL:
            editor.execute(statement)
    else:
        for word, verb in (("change", "UPDATE"), ("deletion", "DELETE")):
            editor.execute(_SQLITE.format(word=word, verb=verb))


class Migration(migrations.Migration):
    """Organisations, people's places, tokens, former parties of cases, audit."""

    initial = True

    dependencies = (
        ("cases", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    )

    operations = (
        migrations.CreateModel(
            name="Organisation",
            fields=[
                ("code", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={"ordering": ("code",)},
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("request_id", models.CharField(max_length=64)),
                ("organisation", models.CharField(max_length=40)),
                ("person", models.CharField(max_length=150)),
                ("token", models.CharField(max_length=12)),
                ("method", models.CharField(max_length=8)),
                ("address", models.CharField(max_length=300)),
                ("route", models.CharField(blank=True, max_length=120)),
                ("status", models.PositiveSmallIntegerField()),
                ("code", models.CharField(blank=True, max_length=8)),
                ("milliseconds", models.PositiveIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["organisation", "-id"], name="audit_by_organisation")],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "place",
                    models.CharField(
                        choices=[
                            ("reader", "reader"),
                            ("operator", "operator"),
                            ("administrator", "administrator"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("person", "organisation"), name="one_place_of_a_person_in_an_organisation"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("place__in", ["reader", "operator", "administrator"])),
                        name="membership_place_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("prefix", models.CharField(max_length=12, unique=True)),
                ("sha256", models.CharField(max_length=64)),
                ("label", models.CharField(blank=True, max_length=100)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "membership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tokens",
                        to="accounts.membership",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SiteHolder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site", models.CharField(db_index=True, max_length=100)),
                ("effective_from", models.DateField(null=True)),
                ("effective_to", models.DateField(null=True)),
                ("recorded_at", models.DateTimeField()),
                ("recorded_until", models.DateTimeField(null=True)),
                ("who", models.CharField(max_length=80)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sites",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("recorded_until__isnull", True)),
                        fields=("site", "organisation"),
                        name="one_belief_of_a_site_and_an_organisation",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FormerParty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("organisation", models.CharField(db_index=True, max_length=80)),
                ("party", models.CharField(max_length=40)),
                ("until", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="former_parties",
                        to="cases.case",
                    ),
                ),
            ],
        ),
        migrations.RunPython(guard, migrations.RunPython.noop),
    )
