"""Findings of assurance checks, from settlement, the register and the detectors, as questions to who declared.

Follows handbook chargeable-imports 1.4. The checks that need a settled site are computed by `settlement.checking` and
those that need the register alone by its checks; here their codes are read (`data/assurance.toml`), not their formulas.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from halfhour.errors import Finding
from halfhour.identifiers import ASSET_SHORT_CODES


@dataclass(frozen=True, slots=True)
class AssuranceFinding:
    """What a check has found at a site: all its findings together.

    Attributes:
        check: by the handbook's name, such as `hidden_demand_simple`.
        since: first day of any of them.
        until: last day of any of them.
        msids: Metering Systems that they name, in order.
        query: what the declaring party is asked.
        opens_case: whether it is followed up; information is not.
    """

    site_id: str
    check: str
    since: date
    until: date
    msids: tuple[str, ...]
    query: str
    opens_case: bool
    findings: tuple[Finding, ...]

    def case_facts(self) -> dict[str, Any]:
        """Facts with which a case `declaration-assurance` is opened."""
        facts: dict[str, Any] = {"site_id": self.site_id, "check": self.check, "since": self.since}
        amsids = [msid for msid in self.msids if msid[:2] in ASSET_SHORT_CODES]
        boundary = [msid for msid in self.msids if msid[:2] not in ASSET_SHORT_CODES]
        if amsids:
            facts["import_amsid"] = amsids[0]
        if boundary:
            facts["import_msid"] = boundary[0]
        return facts


@cache
def checks() -> dict[str, dict[str, Any]]:
    """The assurance checks by name: codes that raise them, the query, whether a case follows."""
    return tomllib.loads(files(__package__).joinpath("data", "assurance.toml").read_text(encoding="utf-8"))


def assurance_findings(findings: Iterable[Finding], on: date) -> list[AssuranceFinding]:
    """The findings of assurance checks among others, one for each site and check, in order of site and check.

    Args:
        findings: of `settlement.checking`, of the register's checks, of the detectors; others are left aside.
        on: the day that stands for findings that name none, such as those of the register.
    """
    check_of = {code: name for name, row in checks().items() for code in row["codes"]}
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        name = check_of.get(finding.code)
        if name is not None:
            grouped.setdefault((finding.site_id, name), []).append(finding)
    return [
        AssuranceFinding(
            site_id=site_id,
            check=name,
            since=min(one.settlement_date or on for one in found),
            until=max(one.settlement_date or on for one in found),
            msids=tuple(dict.fromkeys(one.msid for one in found if one.msid)),
            query=checks()[name]["query"],
            opens_case=checks()[name]["case"],
            findings=tuple(found),
        )
        for (site_id, name), found in sorted(grouped.items(), key=lambda entry: entry[0])
    ]
