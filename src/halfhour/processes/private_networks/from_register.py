"""What the register of a portfolio already says of a private network; everything else stays absent, to be recorded.

A site file knows meterings with their classes, Suppliers and losses, and that a D/380 declaration is in force. It knows
no agents, agreements, signatures or circuit capacities, so that a network taken from it alone is never compliant.
"""

from __future__ import annotations

from halfhour.errors import HalfhourError
from halfhour.identifiers import distributor
from halfhour.market_data.validity import is_half_hourly
from halfhour.processes.dated import Registration
from halfhour.processes.private_networks.network import (
    Classes,
    Equipment,
    LossTerms,
    MddChange,
    PrivateNetwork,
    ThirdParty,
    UseDeclaration,
)
from halfhour.register.model import Declaration, Metering, Site


def network_of(site: Site) -> PrivateNetwork:
    """A private network from its site in the register, import MSIDs only."""
    boundary = [one for one in site.metering if one.at == "boundary" and one.import_msid is not None]
    inside = [one for one in site.metering if one.at == "third-party" and one.import_msid is not None]
    by_name = {one.name: one.import_msid or "" for one in site.metering}
    boundary_msids = tuple(dict.fromkeys(_msid(one) for one in boundary))
    return PrivateNetwork(
        id=site.id,
        name=site.name,
        boundary_msids=boundary_msids,
        third_parties=tuple(_third_parties(inside, by_name, boundary_msids)),
        gsp_group=site.gsp_group,
        ldso=_ldso(boundary_msids),
        registrations=tuple(
            Registration(_msid(one), one.supplier, one.effective_from, one.effective_to)
            for one in (*boundary, *inside)
            if one.supplier is not None
        ),
        loss_terms=tuple(_loss_terms(one) for one in inside),
        classes=tuple(
            Classes(_msid(one), one.import_llfc, one.import_mtc, one.effective_from, one.effective_to)
            for one in (*boundary, *inside)
        ),
        mdd_changes=tuple(
            MddChange(_msid(one), one.mdd_change, (), None, None) for one in inside if one.mdd_change is not None
        ),
        declarations=tuple(_declared(one, by_name) for one in site.declarations if one.kind == "d380"),
        equipment=tuple(_equipment(one) for one in (*boundary, *inside)),
    )


def _msid(metering: Metering) -> str:
    assert metering.import_msid is not None  # only such meterings are taken
    return metering.import_msid


def _third_parties(
    inside: list[Metering], by_name: dict[str, str], boundary_msids: tuple[str, ...]
) -> list[ThirdParty]:
    """One for each MSID, used from its first day in the register to its last."""
    found = []
    for msid in dict.fromkeys(map(_msid, inside)):
        rows = [one for one in inside if one.import_msid == msid]
        starts, ends = [one.effective_from for one in rows], [one.effective_to for one in rows]
        parent = by_name.get(rows[-1].parent or "", "")
        found.append(
            ThirdParty(
                rows[-1].name,
                msid,
                None if None in starts else min(day for day in starts if day),
                None if None in ends else max(day for day in ends if day),
                "" if parent in boundary_msids else parent,
            )
        )
    return found


def _loss_terms(metering: Metering) -> LossTerms:
    scaled = metering.losses is not None or metering.compensated_in_meter
    return LossTerms(
        _msid(metering),
        "scaled" if scaled else "unscaled",
        metering.losses,
        (
            *(("constant",) if metering.losses is not None else ()),
            *(("meter",) if metering.compensated_in_meter else ()),
        ),
        effective_from=metering.effective_from,
        effective_to=metering.effective_to,
    )


def _declared(declaration: Declaration, by_name: dict[str, str]) -> UseDeclaration:
    msids = tuple(msid for name in declaration.metering if (msid := by_name.get(name)))
    return UseDeclaration(declaration.by or "", msids, "", None, None, False, declaration.effective_to)


def _equipment(metering: Metering) -> Equipment:
    measured = metering.measurement_class
    return Equipment(
        _msid(metering),
        "",
        None if measured is None else is_half_hourly(measured),
        None,
        effective_from=metering.effective_from,
        effective_to=metering.effective_to,
    )


def _ldso(msids: tuple[str, ...]) -> str:
    """MPID of the distributor by the short code of the boundary, empty where that says none."""
    try:
        return distributor(msids[0][:2]).mpid if msids else ""
    except HalfhourError:
        return ""
