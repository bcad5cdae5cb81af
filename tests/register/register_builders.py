"""A clean portfolio for the tests of the register, and the contract's example site."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from halfhour.register import Declaration, LossFactor, Metering, Portfolio, Site, check_portfolio

CONTRACT_SITE = (Path(__file__).parents[1] / "contract_site.toml").read_text(encoding="utf-8")
"""The example of the contract, word for word."""

CLEAN_SITE = CONTRACT_SITE.replace('losses = "0.02" ', 'bm_unit = "2__HABCD001"\nlosses = "0.02" ')

SINCE = date(2024, 1, 1)

BOUNDARY = Metering(
    "Meter 1", "boundary", "2000000000015", "2000000000024", "HV", "2__HABCD001", "ABCD", effective_from=SINCE
)
STORAGE = Metering("Meter 2", "storage", "7700000000010", "7700000000020", "HV", licensed=True, effective_from=SINCE)
THIRD_PARTY = Metering("Unit 4", "third-party", "2000000000033", None, "HV", "2__HABCD001", parent="Meter 1")
AMSID = Declaration("emr-amsid", ("Meter 1", "Meter 2"), "ABCD", effective_from=SINCE)
MSID = Declaration("emr-msid", ("Meter 1",), "ABCD", effective_from=SINCE)


def site(*metering: Metering, declarations: Iterable[Declaration] = (), **values: object) -> Site:
    """A site in Southern at HV; without meterings given, only the boundary."""
    fields: dict[str, object] = {"id": "ridgeway-park", "name": "Ridgeway", "gsp_group": "_H", "voltage": "HV"}
    return Site(
        **fields | values,  # type: ignore[arg-type]
        metering=metering or (BOUNDARY,),
        declarations=tuple(declarations),
    )


def found(*sites: Site, loss_factors: Iterable[LossFactor] = ()) -> list[tuple[str, str]]:
    """Code and severity of every finding of the checks."""
    portfolio = Portfolio(Path(), sites, loss_factors=tuple(loss_factors))
    return [(finding.code, finding.severity) for finding in check_portfolio(portfolio)]


def written(folder: Path, **files: str) -> Path:
    """The folder with files written into it; `_` before the suffix stands for the dot."""
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        (folder / f"{stem}.{suffix}").write_text(text, encoding="utf-8", newline="")
    return folder
