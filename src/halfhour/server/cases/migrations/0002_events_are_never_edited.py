"""The database itself refuses to change or remove an event of a case, or how a case was opened."""

from typing import Any

from django.db import migrations

_OPENING = ("timetable", "opened_on", "nation", "parties", "facts", "parameters", "opened_by", "recorded_at")

_SQLITE = [
    "CREATE TRIGGER cases_event_never_edited BEFORE UPDATE ON cases_caseevent "
    "BEGIN SELECT RAISE(ABORT, 'an event of a case is never edited'); END",
    "CREATE TRIGGER cases_event_never_removed BEFORE DELETE ON cases_caseevent "
    "BEGIN SELECT RAISE(ABORT, 'an event of a case is never removed'); END",
    "CREATE TRIGGER cases_opening_never_edited BEFORE UPDATE ON cases_case WHEN "
    + " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in _OPENING)
    + " BEGIN SELECT RAISE(ABORT, 'how a case was opened is never edited'); END",
    "CREATE TRIGGER cases_case_never_removed BEFORE DELETE ON cases_case "
    "BEGIN SELECT RAISE(ABORT, 'a case is never removed'); END",
]

_POSTGRESQL = [
    "CREATE FUNCTION cases_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION '% is never edited or removed', TG_ARGV[0]; END $$",
    "CREATE TRIGGER cases_event_never_edited BEFORE UPDATE OR DELETE ON cases_caseevent "
    "FOR EACH ROW EXECUTE FUNCTION cases_refuse('an event of a case')",
    "CREATE TRIGGER cases_opening_never_edited BEFORE UPDATE ON cases_case FOR EACH ROW WHEN ("
    + " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in _OPENING)
    + ") EXECUTE FUNCTION cases_refuse('the opening of a case')",
    "CREATE TRIGGER cases_case_never_removed BEFORE DELETE ON cases_case "
    "FOR EACH ROW EXECUTE FUNCTION cases_refuse('a case')",
]


def forwards(_apps: Any, editor: Any) -> None:
    """Make the triggers."""
    for statement in _SQLITE if editor.connection.vendor == "sqlite" else _POSTGRESQL:
        editor.execute(statement, params=None)


class Migration(migrations.Migration):
    """Triggers on cases and events."""

    dependencies = [("cases", "0001_initial")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
