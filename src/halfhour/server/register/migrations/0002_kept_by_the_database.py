"""What the database itself refuses: beliefs of one subject that overlap (PostgreSQL), and editing what was recorded."""

from typing import Any

from django.db import migrations

_ENDS = ("recorded_until", "ended_by_id")
"""The only columns that may change, and only once: a belief ends."""


def forwards(apps: Any, editor: Any) -> None:
    """Make the constraints and triggers of every kind of fact."""
    postgresql = editor.connection.vendor == "postgresql"
    if postgresql:
        # A range of one text overlaps another only where they are equal: exclusion by subject without an extension,
        # which a server may not have and a user may not install.
        editor.execute('CREATE TYPE register_subject AS RANGE (subtype = text, collation = "C")', params=None)
        editor.execute(
            "CREATE FUNCTION register_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION 'a fact of the register is never edited or removed'; END $$",
            params=None,
        )
    from halfhour.server.register.models import KINDS  # noqa: PLC0415 - the keys, which migrations do not keep

    for kind in KINDS.values():
        model = apps.get_model("register", kind.__name__)
        table = model._meta.db_table
        names = [model._meta.get_field(name).column for name in kind.KEY]
        fixed = [field.column for field in model._meta.fields if field.column not in _ENDS]
        for statement in _postgresql(table, names, fixed) if postgresql else _sqlite(table, fixed):
            editor.execute(statement, params=None)


def _postgresql(table: str, key: list[str], fixed: list[str]) -> list[str]:
    joined = " || chr(31) || ".join(f'"{name}"::text' for name in key)
    changed = " OR ".join(f'OLD."{name}" IS DISTINCT FROM NEW."{name}"' for name in fixed)
    return [
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_never_overlaps EXCLUDE USING gist "
        f"(register_subject({joined}, {joined}, '[]') WITH &&, daterange(effective_from, effective_to) WITH &&) "
        "WHERE (recorded_until IS NULL)",
        f"CREATE TRIGGER {table}_never_removed BEFORE DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION register_refuse()",
        f"CREATE TRIGGER {table}_never_edited BEFORE UPDATE ON {table} FOR EACH ROW "
        f"WHEN (OLD.recorded_until IS NOT NULL OR {changed}) EXECUTE FUNCTION register_refuse()",
    ]


def _sqlite(table: str, fixed: list[str]) -> list[str]:
    changed = " OR ".join(f'OLD."{name}" IS NOT NEW."{name}"' for name in fixed)
    refuse = "BEGIN SELECT RAISE(ABORT, 'a fact of the register is never edited or removed'); END"
    return [
        f"CREATE TRIGGER {table}_never_removed BEFORE DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_never_edited BEFORE UPDATE ON {table} "
        f"WHEN OLD.recorded_until IS NOT NULL OR {changed} {refuse}",
    ]


class Migration(migrations.Migration):
    """Constraints and triggers."""

    dependencies = [("register", "0001_initial")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
