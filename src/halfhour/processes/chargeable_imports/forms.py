"""A declaration to be filed, filled from the register, with every field that is missing named; nothing is guessed.

Fields and formats are data (`data/forms.toml`): those of the Non-Final Demand Facility Declaration are published, those
of the EMR declarations are open (handbook chargeable-imports 9). The form is text to be typed into Elexon Kinnect.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import cast

from halfhour.errors import HalfhourError
from halfhour.errors.written_values import nearest, shown
from halfhour.formats.flows.envelopes import value_fault
from halfhour.formats.flows.item_types import item_type
from halfhour.formats.flows.layouts import Item
from halfhour.processes.chargeable_imports.declarations import check_kind, declared_imports
from halfhour.processes.chargeable_imports.entities import (
    ASSET_CLASS,
    AmsidPair,
    DeclarationForm,
    DeclarationKind,
    MsidPair,
)
from halfhour.processes.chargeable_imports.interim import has_final_demand
from halfhour.register import Declaration, Metering, Site

GIVEN = "given"
"""Where a field comes from that no register holds."""


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a declaration.

    Attributes:
        kinds: of declaration that have it.
        item: its name, type and whether it may be empty.
        source: what of the register fills it; `given` where a person must.
        repeats: whether it stands once for each pair of MSIDs or AMSIDs.
        mark: how sure it is that the form has it.
    """

    kinds: tuple[str, ...]
    title: str
    item: Item
    source: str
    repeats: bool
    mark: str


@cache
def form_fields(kind: str) -> tuple[FormField, ...]:
    """The fields of a kind of declaration, in order."""
    rows = tomllib.loads(files(__package__).joinpath("data", "forms.toml").read_text(encoding="utf-8"))["field"]
    return tuple(
        FormField(
            tuple(row["kinds"]),
            row["title"],
            Item(row["name"], item_type(row["type"]), row.get("required", True), False, False, row["title"]),
            row["from"],
            row.get("repeats", False),
            row["mark"],
        )
        for row in rows
        if kind in row["kinds"]
    )


def declaration_form(
    site: Site, declaration: Declaration, on: date, given: Mapping[str, str] | None = None
) -> DeclarationForm:
    """The form of a declaration of the register, filled as far as it is known.

    Args:
        on: the day for which meterings are taken, where the declaration has no beginning.
        given: fields that no register holds, by name, as they are written.

    Returns:
        The form; `missing` names every field that it must have and nothing is known of.

    Raises:
        HalfhourError: DC-200 a declaration of another kind, DC-501 a field given that the form has not, or that
            cannot be its value.
    """
    check_kind(declaration)
    day = declaration.effective_from or on
    msids = tuple(
        MsidPair(one.import_msid, one.export_msid)
        for one in declared_imports(site, declaration)
        if one.active(day) and one.import_msid
    )
    assets = [one for one in site.metering if one.name in declaration.metering and one.at in ASSET_CLASS]
    lacking = [f"import_amsid of {one.name}" for one in assets if one.active(day) and not one.import_msid]
    amsids = tuple(
        (ASSET_CLASS[one.at], _amsid_pair(one))
        for one in assets
        if one.active(day) and one.licensed and one.import_msid
    )
    final_demand = has_final_demand(site, day) or declaration.kind == "emr-amsid"
    known = {
        "kind": declaration.kind,
        "by": declaration.by or "",
        "effective_from": _written(declaration.effective_from),
        "last_day": _written(declaration.effective_to and declaration.effective_to - timedelta(days=1)),
        "site_name": site.name,
        "gsp_group": site.gsp_group,
        "final_demand": "T" if final_demand else "F",
        "metering_systems": str(sum(1 + (pair.export_msid is not None) for pair in msids)),
    }
    fields, missing = _filled(declaration.kind, known, given or {})
    if not msids:
        missing.append("import_msid")
    if declaration.kind == "emr-amsid":
        missing += lacking if amsids or lacking else ["import_amsid"]
    return DeclarationForm(
        kind=cast(DeclarationKind, declaration.kind),
        declaring_party=declaration.by,
        site_id=site.id,
        msids=msids,
        amsids=amsids if declaration.kind == "emr-amsid" else (),
        final_demand=final_demand,
        licence_holder=fields.get("licence_holder"),
        effective_from=declaration.effective_from,
        effective_to=declaration.effective_to,
        default_factor=declaration.default_factor,
        missing=tuple(dict.fromkeys(missing)),
        fields=fields,
    )


def render_form(form: DeclarationForm) -> str:
    """The form as text, field by field.

    Raises:
        HalfhourError: DC-502 fields are missing, all of them named.
    """
    if form.missing:
        titles = {one.item.name: one.title for one in form_fields(form.kind)}
        named = [f"{name} ({titles[name]})" if name in titles else name for name in form.missing]
        raise HalfhourError(
            "DC-502",
            f"The {form.kind} declaration of site {form.site_id} lacks: {'; '.join(named)}.",
            "Record them in the register, or give them with the form.",
        )
    lines = []
    for one in form_fields(form.kind):
        if one.repeats:
            continue
        lines.append(f"{one.title}: {form.fields.get(one.item.name, '')}".rstrip())
    for number, pair in enumerate(form.msids, start=1):
        lines.append(f"MSID Pair {number}: import {pair.import_msid}, export {pair.export_msid or 'none'}")
    for number, (asset_class, amsids) in enumerate(form.amsids, start=1):
        lines.append(
            f"AMSID Pair {number} ({asset_class}): import {amsids.import_amsid}, export {amsids.export_amsid or 'none'}"
        )
    return "\n".join(lines) + "\n"


def _filled(kind: str, known: Mapping[str, str], given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    single = [one for one in form_fields(kind) if not one.repeats]
    names = [one.item.name for one in single]
    for name in given:
        if name not in names:
            step = f"Its fields are {', '.join(names)}. {nearest(name, names)}".rstrip()
            raise HalfhourError("DC-501", f"{shown(name)} is no field of a declaration {kind} that can be given.", step)
    fields: dict[str, str] = {}
    missing = []
    for one in single:
        value = given.get(one.item.name) or known.get(one.source, "")
        if value:
            if fault := value_fault(one.item, value):
                raise HalfhourError("DC-501", f"{one.item.name} {fault}.", f"Give {one.item.type.says}.")
            fields[one.item.name] = value
        elif one.item.required:
            missing.append(one.item.name)
    return fields, missing


def _amsid_pair(metering: Metering) -> AmsidPair:
    assert metering.import_msid is not None
    return AmsidPair(metering.import_msid, metering.export_msid)


def _written(day: date | None) -> str:
    return f"{day:%Y%m%d}" if day else ""
