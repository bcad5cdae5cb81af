"""Tables of the app."""

import django.db.models.deletion
from django.db import migrations, models

import halfhour.server.cases.models
import halfhour.server.files.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("cases", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="FileNumber",
            fields=[
                ("mpid", models.CharField(max_length=8, primary_key=True, serialize=False)),
                ("last", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="FlowFileRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=255)),
                ("content", models.BinaryField()),
                ("envelope", models.CharField(blank=True, max_length=20)),
                ("flow", models.CharField(blank=True, db_index=True, max_length=8)),
                ("from_role", models.CharField(blank=True, max_length=2)),
                ("from_mpid", models.CharField(blank=True, db_index=True, max_length=8)),
                ("to_role", models.CharField(blank=True, max_length=2)),
                ("to_mpid", models.CharField(blank=True, db_index=True, max_length=8)),
                ("file_id", models.CharField(blank=True, max_length=10)),
                ("created", models.CharField(blank=True, max_length=14)),
                ("came_on", models.DateField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            (
                                halfhour.server.files.models.FileState["RECEIVED"],
                                halfhour.server.files.models.FileState["RECEIVED"],
                            ),
                            (
                                halfhour.server.files.models.FileState["HELD"],
                                halfhour.server.files.models.FileState["HELD"],
                            ),
                            (
                                halfhour.server.files.models.FileState["ACKNOWLEDGED"],
                                halfhour.server.files.models.FileState["ACKNOWLEDGED"],
                            ),
                            (
                                halfhour.server.files.models.FileState["REJECTED"],
                                halfhour.server.files.models.FileState["REJECTED"],
                            ),
                            (
                                halfhour.server.files.models.FileState["QUEUED"],
                                halfhour.server.files.models.FileState["QUEUED"],
                            ),
                            (
                                halfhour.server.files.models.FileState["SENT"],
                                halfhour.server.files.models.FileState["SENT"],
                            ),
                        ],
                        db_index=True,
                        max_length=12,
                    ),
                ),
                ("findings", halfhour.server.cases.models.ExactJSONField(default=list)),
                ("response", models.PositiveSmallIntegerField(null=True)),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("organisation", models.CharField(blank=True, db_index=True, max_length=40)),
                ("folder", models.CharField(blank=True, max_length=1000)),
                ("who", models.CharField(max_length=80)),
                ("recorded_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("state", "ACKNOWLEDGED"),
                            models.Q(("file_id", ""), _negated=True),
                            models.Q(("envelope", "neta"), _negated=True),
                        ),
                        fields=("from_role", "from_mpid", "to_role", "to_mpid", "file_id"),
                        name="files_one_file_of_an_id",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FileInstance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("message_id", models.CharField(db_index=True, max_length=64)),
                ("flow", models.CharField(max_length=5)),
                ("mpan", models.CharField(blank=True, db_index=True, max_length=13)),
                ("on", models.DateField()),
                ("data", halfhour.server.cases.models.ExactJSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            (
                                halfhour.server.files.models.InstanceState["WAITING"],
                                halfhour.server.files.models.InstanceState["WAITING"],
                            ),
                            (
                                halfhour.server.files.models.InstanceState["MATCHED"],
                                halfhour.server.files.models.InstanceState["MATCHED"],
                            ),
                            (
                                halfhour.server.files.models.InstanceState["OPENED"],
                                halfhour.server.files.models.InstanceState["OPENED"],
                            ),
                            (
                                halfhour.server.files.models.InstanceState["HELD"],
                                halfhour.server.files.models.InstanceState["HELD"],
                            ),
                            (
                                halfhour.server.files.models.InstanceState["REFUSED"],
                                halfhour.server.files.models.InstanceState["REFUSED"],
                            ),
                            (
                                halfhour.server.files.models.InstanceState["ATTACHED"],
                                halfhour.server.files.models.InstanceState["ATTACHED"],
                            ),
                            (
                                halfhour.server.files.models.InstanceState["UNMATCHED"],
                                halfhour.server.files.models.InstanceState["UNMATCHED"],
                            ),
                            (
                                halfhour.server.files.models.InstanceState["REJECTED"],
                                halfhour.server.files.models.InstanceState["REJECTED"],
                            ),
                            (
                                halfhour.server.files.models.InstanceState["SENT"],
                                halfhour.server.files.models.InstanceState["SENT"],
                            ),
                        ],
                        max_length=10,
                    ),
                ),
                ("because", models.CharField(blank=True, max_length=500)),
                ("step", models.CharField(blank=True, max_length=20)),
                ("taken_by", models.CharField(blank=True, max_length=80)),
                ("taken_at", models.DateTimeField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="file_instances",
                        to="cases.case",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="instances", to="files.flowfilerow"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="InstanceSubject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.CharField(db_index=True, max_length=60)),
                (
                    "instance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="subject_rows",
                        to="files.fileinstance",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NetaSequence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_role", models.CharField(max_length=2)),
                ("from_mpid", models.CharField(max_length=8)),
                ("to_role", models.CharField(max_length=2)),
                ("to_mpid", models.CharField(max_length=8)),
                ("last", models.PositiveBigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("from_role", "from_mpid", "to_role", "to_mpid"),
                        name="files_one_sequence_of_a_direction",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="fileinstance",
            index=models.Index(
                condition=models.Q(("state__in", ["WAITING", "UNMATCHED"])),
                fields=["state", "on"],
                name="files_that_wait",
            ),
        ),
        migrations.AddConstraint(
            model_name="fileinstance",
            constraint=models.UniqueConstraint(fields=("file", "number"), name="files_one_instance_of_a_number"),
        ),
    ]
