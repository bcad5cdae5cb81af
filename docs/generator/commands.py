"""The reference of commands: each with its arguments, from its own signature and docstring."""

from __future__ import annotations

import inspect
import textwrap
from typing import Any, get_args

from cyclopts import App

from generator.markdown import as_code, as_table, page
from halfhour.cli.app import GROUPS, LINES, app


def commands() -> str:
    """Every command with its arguments, from the command's own signature and docstring."""
    return page(
        "Commands",
        """
`halfhour COMMAND --help` says the same at the terminal. Every command takes `--json`: one JSON document on standard
output and nothing else there, with energy in whole Wh, money as text and dates in ISO form. Remarks, progress and
errors go to standard error. Date ranges are closed-open: `--from 2024-01-01 --to 2024-02-01` is January.
""",
        as_table(
            ("exit code", "means"),
            (
                ("0", "done"),
                ("1", "done, `--strict` was given and there are errors or warnings among the exceptions"),
                ("2", "refused: the usage, or input that cannot be used; code and next step on standard error"),
                ("3", "refused: reference data does not cover the request"),
            ),
        ),
        as_table(("command", "does"), ((f"[`{name}`](#halfhour-{name})", line) for name, line in LINES.items())),
        *(_group(name) if name in GROUPS else _command(app[name], name) for name in LINES),
    )


def _group(name: str) -> str:
    """A command that has commands of its own, each with its arguments."""
    below = [one for one in app[name] if not one.startswith("-")]
    return "\n\n".join(
        [f"## halfhour {name}", LINES[name], *(_command(app[name][one], f"{name} {one}") for one in below)]
    )


def _command(found: App, name: str) -> str:
    function = found.default_command
    text, meanings = _docstring(inspect.getdoc(function) or "")
    rows = []
    for argument in found.assemble_argument_collection():
        info = argument.field_info
        given = " ".join(as_code(one) for one in argument.names) if argument.names else as_code(info.name.upper())
        if _positional(info):
            given = as_code((argument.names[0].lstrip("-") if argument.names else info.name).upper().replace("-", "_"))
        rows.append((given, _default(info, argument.required), meanings[info.name] + _choices(argument.hint)))
    return "\n\n".join([f"## halfhour {name}", text, as_table(("argument", "default", "meaning"), rows)])


def _positional(info: Any) -> bool:
    return info.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _default(info: Any, required: bool) -> str:
    if required:
        return "required"
    if info.default is None or info.default is False:
        return ""
    return "on" if info.default is True else as_code(str(info.default))


def _choices(hint: Any) -> str:
    words = [word for one in (hint, *get_args(hint)) for word in get_args(one) if isinstance(word, str)]
    return f" One of {', '.join(as_code(word) for word in dict.fromkeys(words))}." if words else ""


def _docstring(text: str) -> tuple[str, dict[str, str]]:
    """A command's description as Markdown, and the meaning of each of its parameters."""
    description, _, parameters = text.partition("\nParameters\n----------\n")
    paragraphs = []
    for paragraph in description.strip().split("\n\n"):
        label, command, rest = paragraph.partition("halfhour ")
        if paragraph.startswith("    "):
            paragraphs.append(f"```text\n{textwrap.dedent(paragraph)}\n```")
        elif paragraph.startswith("Example") and command:
            paragraphs += [label.strip(), f"```text\n{command}{' '.join(rest.split())}\n```"]
        else:
            paragraphs.append(paragraph)
    meanings: dict[str, str] = {}
    name = ""
    for line in parameters.splitlines():
        if line and not line.startswith(" "):
            name = line.strip()
            meanings[name] = ""
        elif line.strip():
            meanings[name] = f"{meanings[name]} {line.strip()}".strip()
    return "\n\n".join(paragraphs), meanings
