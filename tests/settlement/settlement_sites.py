"""Random small portfolios: a few sites with meters, declarations and gappy readings, written as a person would."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from halfhour.calendar import settlement_periods
from halfhour.identifiers.mpan import check_digit
from halfhour.settlement.run import Run

if TYPE_CHECKING:
    from conftest import PortfolioFolder

STARTS = (date(2023, 11, 1), date(2024, 1, 15), date(2024, 3, 30), date(2024, 10, 26), date(2024, 2, 29))
"""Days from which a run may start: the change of rule, an ordinary day, both clock changes, a leap day."""

NAMED = ("default", "interim-difference", "p395-proposed", "osam-1.0")
EDITIONS = (*NAMED, "in-force")


@dataclass
class Made:
    """A portfolio as written: where, from when to when it is settled, and what its lines are."""

    start: date
    end: date
    sites: dict[str, list[str]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    corrections: list[str] = field(default_factory=list)
    settings: str = ""
    private: set[str] = field(default_factory=set)

    def site_text(self, site_id: str) -> str:
        return "\n".join(self.sites[site_id])

    def write(self, folder: PortfolioFolder) -> PortfolioFolder:
        for site_id in self.sites:
            folder.write(f"{site_id}.toml", self.site_text(site_id))
        folder.write("portfolio.toml", self.settings)
        folder.lines(self.lines)
        if self.corrections:
            folder.lines(self.corrections, "z-corrections.csv")  # of files of one time the later name counts
        return folder


def made(seed: int, *, n_sites: int = 2, one_bm_unit: bool = False) -> Made:
    """A portfolio for a seed; every site has BM Units of its own."""
    r = random.Random(seed)
    start = r.choice(STARTS)
    found = Made(start, start + timedelta(days=3))
    found.settings = (
        "[settlement]\n"
        f'default_ncsp = "{r.choice(["0", "0.5", "0.33333", "1"])}"\n'
        f'ncsp_missing_days = "{r.choice(["fill_default", "available_only"])}"\n'
        f"usage_factor_reference = {r.choice([1, 7])}\n"
    )
    for number in range(n_sites):
        _Site(r, found, number, one_bm_unit).write()
    if r.random() < 0.4:
        for line in r.sample(found.lines, 20):
            found.corrections.append(",".join([*line.split(",")[:4], f"{r.randint(0, 3)}.25", r.choice("AE")]))
    return found


class _Site:
    def __init__(self, r: random.Random, into: Made, number: int, one_bm_unit: bool) -> None:
        self.r, self.into, self.number, self.one_bm_unit = r, into, number, one_bm_unit
        self.id = f"site-{number}"
        self.used = 0

    def msid(self, short_code: str = "20") -> str:
        self.used += 1
        core = f"{short_code}{self.number:05}{self.used:05}"
        return core + str(check_digit(core))

    def write(self) -> None:
        r = self.r
        private = r.random() < 0.3
        lines = ["[site]", f'id = "{self.id}"', 'gsp_group = "_H"', 'voltage = "HV"']
        if private:
            self.into.private.add(self.id)
            lines += ['network = "private"', f'negative_result = "{r.choice(["hold", "clip-zero"])}"']
        lines.append(f"customer_supplier_licensed = {r.choice(['true', 'true', 'false'])}")
        boundaries = ["Meter 1"] if private or r.random() < 0.5 else ["Meter 1", "Meter 2"]
        for place, name in enumerate(boundaries):
            unit = 1 if self.one_bm_unit else place + 1
            lines += ["", "[[metering]]", f'name = "{name}"', 'at = "boundary"']
            lines += [f'bm_unit = "2__HABCD{self.number}0{unit}"']
            lines += self.directions("20", export=0.7 if place == 0 and not private else 0, scale=3)
        assets = [] if private else self.assets(lines)
        if private:
            self.third_parties(lines)
        else:
            self.declarations(lines, boundaries, assets)
        self.into.sites[self.id] = [*lines, ""]

    def directions(self, short_code: str, export: float, scale: int, imports: float = 1) -> list[str]:
        lines = []
        if self.r.random() < imports:
            msid = self.msid(short_code)
            lines.append(f'import = "{msid}"')
            self.readings(msid, "AI", scale)
        if not lines or self.r.random() < export:
            msid = self.msid(short_code)
            lines.append(f'export = "{msid}"')
            self.readings(msid, "AE", scale)
        return lines

    def assets(self, lines: list[str]) -> list[str]:
        names = []
        for place in range(self.r.choice([0, 1, 1, 2])):
            at = self.r.choice(["storage", "storage", "generation"])
            licensed = self.r.random() < 0.8
            name = f"Asset {place}"
            lines += ["", "[[metering]]", f'name = "{name}"', f'at = "{at}"']
            if self.r.random() < 0.2:
                lines.append(f"from = {self.into.start}")
            lines += [f"licensed = {str(licensed).lower()}"]
            lines += self.directions("77", export=0.8, scale=2, imports=0.9)
            names += [name] * licensed
        return names

    def third_parties(self, lines: list[str]) -> None:
        names = ["Meter 1"]
        for place in range(self.r.choice([1, 2, 3])):
            name = f"Unit {place}"
            lines += ["", "[[metering]]", f'name = "{name}"', 'at = "third-party"']
            lines += [f'parent = "{self.r.choice(names)}"', f'bm_unit = "2__HABCD{self.number}09"']
            lines += self.directions("20", export=0, scale=1)
            if self.r.random() < 0.7:
                lines.append(f'losses = "{self.r.choice(["0", "0.02", "0.0333", "0.5"])}"')
            names.append(name)

    def declarations(self, lines: list[str], boundaries: list[str], assets: list[str]) -> None:
        kind = self.r.choice(["emr-amsid", "emr-amsid", "emr-msid", "interim", None])
        if kind is None or (kind == "emr-amsid" and not assets):
            return
        named = boundaries + (assets if kind == "emr-amsid" else [])
        names = ", ".join(f'"{name}"' for name in named)
        lines += ["", "[[declaration]]", f'kind = "{kind}"', f"metering = [{names}]"]
        if self.r.random() < 0.4:
            lines.append(f"{self.r.choice(['from', 'to'])} = {self.into.start + timedelta(days=1)}")
        if self.r.random() < 0.5:
            lines.append(f'default_factor = "{self.r.choice(["0", "0.35", "1"])}"')

    def readings(self, msid: str, quantity: str, scale: int) -> None:
        """From four days before the run on: quiet half hours, odd watt-hours, now and then a gap or an estimate."""
        r = self.r
        for number in range(-4, 3):
            day = self.into.start + timedelta(days=number)
            if r.random() < 0.05:
                continue
            gap = r.random() < 0.15
            for period in range(1, settlement_periods(day) + 1):
                if gap and r.random() < 0.1:
                    continue
                status = "E" if r.random() < 0.02 else "A"
                wh = r.choice([0, 0, r.randint(1, 9), r.randint(0, scale * 1000)])
                kwh = f"{wh // 1000}.{wh % 1000:03}"
                self.into.lines.append(f"{msid},{quantity},{day},{period},{kwh},{status}")


def settled(new_portfolio: Callable[[], PortfolioFolder], one: Made, edition: str, **how: Any) -> Run:
    """The portfolio written into a new folder and settled for its days."""
    return one.write(new_portfolio()).settle(edition, start=one.start, end=one.end, **how)
