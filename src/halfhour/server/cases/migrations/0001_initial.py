"""Tables of the app."""

import django.db.models.deletion
from django.db import migrations, models

import halfhour.server.cases.models


class Migration(migrations.Migration):
    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="CaseNumber",
            fields=[
                ("prefix", models.CharField(max_length=4, primary_key=True, serialize=False)),
                ("last", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="FoldedWith",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("timetables", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.CharField(max_length=12, primary_key=True, serialize=False)),
                ("timetable", models.CharField(db_index=True, max_length=60)),
                ("opened_on", models.DateField()),
                ("nation", models.CharField(max_length=3)),
                ("parties", halfhour.server.cases.models.ExactJSONField()),
                ("facts", halfhour.server.cases.models.ExactJSONField()),
                ("parameters", halfhour.server.cases.models.ExactJSONField()),
                ("opened_by", models.CharField(max_length=80)),
                ("recorded_at", models.DateTimeField()),
                ("last_sequence", models.PositiveIntegerField(default=0)),
                ("key", models.CharField(max_length=400)),
                ("subject", models.CharField(max_length=200)),
                ("state", models.CharField(max_length=40)),
                ("kind", models.CharField(max_length=8)),
                ("ended_on", models.DateField(null=True)),
                ("folded_on", models.DateField()),
                ("changed_on", models.DateField()),
                ("refold_on", models.DateField(null=True)),
                (
                    "follows",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="followed_by",
                        to="cases.case",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CaseEvent",
            fields=[
                ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("sequence", models.PositiveIntegerField()),
                ("on", models.DateField()),
                ("recorded_at", models.DateTimeField(db_index=True)),
                ("kind", models.CharField(max_length=12)),
                ("step", models.CharField(blank=True, max_length=20)),
                ("outcome", models.CharField(blank=True, max_length=60)),
                ("flow", models.CharField(blank=True, max_length=5)),
                ("data", halfhour.server.cases.models.ExactJSONField()),
                ("by", models.CharField(blank=True, max_length=80)),
                ("who", models.CharField(max_length=80)),
                ("source", models.CharField(blank=True, max_length=300)),
                ("corrects", models.CharField(blank=True, max_length=64)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="cases.case"
                    ),
                ),
            ],
            options={
                "ordering": ["sequence"],
            },
        ),
        migrations.CreateModel(
            name="CaseParty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("party", models.CharField(max_length=40)),
                ("mpid", models.CharField(db_index=True, max_length=80)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="party_rows", to="cases.case"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CaseSubject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.CharField(db_index=True, max_length=60)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="subject_rows", to="cases.case"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CaseWaiting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ref", models.CharField(max_length=20)),
                ("attempt", models.PositiveIntegerField()),
                ("party", models.CharField(max_length=40)),
                ("mpid", models.CharField(blank=True, max_length=80)),
                ("flow", models.CharField(blank=True, max_length=5)),
                ("since", models.DateField()),
                ("due", models.DateField(null=True)),
                ("counted", models.CharField(blank=True, max_length=200)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="waiting_rows", to="cases.case"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FollowOnCase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("timetable", models.CharField(max_length=60)),
                ("ref", models.CharField(max_length=20)),
                ("number", models.PositiveIntegerField()),
                ("on", models.DateField()),
                ("because", models.CharField(blank=True, max_length=500)),
                ("problem", models.CharField(blank=True, max_length=500)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="follow_on_rows", to="cases.case"
                    ),
                ),
                (
                    "opened",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opened_for",
                        to="cases.case",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("ended_on__isnull", True)),
                fields=["refold_on"],
                name="cases_changing_by_themselves",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["state"], name="cases_by_state"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_on__isnull", True), models.Q(("key", ""), _negated=True)),
                fields=("key",),
                name="cases_one_open_case_of_a_key",
            ),
        ),
        migrations.AddConstraint(
            model_name="caseevent",
            constraint=models.UniqueConstraint(fields=("case", "sequence"), name="cases_one_event_of_a_number"),
        ),
        migrations.AddConstraint(
            model_name="caseparty",
            constraint=models.UniqueConstraint(fields=("case", "party"), name="cases_one_holder_of_a_party"),
        ),
        migrations.AddConstraint(
            model_name="casesubject",
            constraint=models.UniqueConstraint(fields=("case", "value"), name="cases_one_row_of_a_subject"),
        ),
        migrations.AddIndex(
            model_name="casewaiting",
            index=models.Index(fields=["due", "case"], name="cases_due"),
        ),
        migrations.AddIndex(
            model_name="casewaiting",
            index=models.Index(fields=["mpid", "due"], name="cases_due_of_a_party"),
        ),
        migrations.AddConstraint(
            model_name="followoncase",
            constraint=models.UniqueConstraint(
                fields=("case", "timetable", "ref", "number"), name="cases_one_case_follows_from_a_cause"
            ),
        ),
    ]
