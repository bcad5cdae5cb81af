"""Settlement runs that the server shows: what each was asked for, and the totals of what the caller may see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from halfhour.server.accounts.roles import Holdings, holdings
from halfhour.server.api.callers import caller_of
from halfhour.server.api.operations import operation
from halfhour.server.api.problems import not_found
from halfhour.server.api.values import Name
from halfhour.server.runs.reading import Window, find_run, meter_totals, run_names, site_totals, sites_of, told
from halfhour.settlement.run import Run

router = Router()


class RunLine(Schema):
    """What a run was asked for; Settlement Days closed-open."""

    id: str
    edition: str
    first: str
    end: str
    run_type: str
    known_at: str
    detail: str
    halfhour: str


class MeterTotal(Schema):
    """A Metering System's volumes over the days that the caller may see [Wh]; `missing` half hours are in no sum."""

    site_id: str
    msid: str
    measurement_quantity: str
    half_hours: int
    missing: int
    metered_wh: int
    settled_wh: int


class SiteTotal(Schema):
    """A site's import at its boundary over the days that the caller may see, and what of it is chargeable [Wh]."""

    site_id: str
    half_hours: int
    import_bp_wh: int
    chargeable_wh: int
    non_chargeable_wh: int


class RunOut(RunLine):
    """A run with the totals that the caller may see."""

    meters: list[MeterTotal]
    sites: list[SiteTotal]


class RunList(Schema):
    """Runs in order of name."""

    items: list[RunLine]


@router.get("/runs", **operation("run", "read", RunList))
def list_runs(request: HttpRequest) -> dict[str, Any]:
    """The runs in which the organisation sees anything."""
    organisation = caller_of(request).organisation
    found = [run for name in run_names() if (run := find_run(name)) is not None]
    return {"items": [told(run) for run in found if any(_windows(run, organisation))]}


@router.get("/runs/{run_id}", **operation("run", "read", RunOut))
def show_run(request: HttpRequest, run_id: Name) -> dict[str, Any]:
    """A run: what it was asked for, totals of the organisation's Metering Systems and of the sites that it owns."""
    run = find_run(run_id)
    meters, sites = _windows(run, caller_of(request).organisation) if run is not None else ([], [])
    if run is None or not (meters or sites):
        raise not_found(f"run '{run_id}'")
    return told(run) | {"meters": meter_totals(run, meters), "sites": site_totals(run, sites)}


def _windows(run: Run, organisation: str) -> tuple[list[Window], list[Window]]:
    """Days of Metering Systems and of whole sites that an organisation sees of a run."""
    settled = sites_of(run)
    known: Holdings = holdings(organisation, sites=settled)
    return list(_of_meters(known)), list(_of_sites(known, settled))


def _of_meters(known: Holdings) -> Iterable[Window]:
    for one in known.held:
        if one.role == "owner":
            for msid, site in known.site_of.items():
                if site == one.on and one.reaches("run", "read", (msid,)):
                    yield Window(msid, one.first, one.end)
        elif one.reaches("run", "read", (one.on,)):
            yield Window(one.on, one.first, one.end)


def _of_sites(known: Holdings, settled: set[str]) -> Iterable[Window]:
    for one in known.held:
        if one.reaches("run", "read", ()) and (site := one.on if one.on in settled else known.site_of.get(one.on)):
            yield Window(site, one.first, one.end)
