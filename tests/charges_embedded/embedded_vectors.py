"""What the tests of embedded charges share: the public data beside the project, exact numbers, a store."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from halfhour.market_data.loading import load_files

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"

D = Decimal

shared_data = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not (DATA / "tnuos").is_dir(), reason=f"the shared data are not at {DATA}"),
]

BSUOS_2014 = "bsuos/bsuos_sf_halfhourly_2014-06-27_2014-09-05.csv"
RCRC_2016 = "rcrc/rcrc_2015-12-29_2016-03-15.csv"
PRICES_2024 = "prices/system_price_niv_2024-10-24.csv"
TLM_2013 = "losses/tlm_uniform_2013-09-25_2013-11-30.csv"


def table(name: str) -> list[dict[str, str]]:
    """The rows of a public file."""
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def to(decimals: int, value: Decimal | Fraction) -> Decimal:
    """A number as a vector gives it: half up at its last decimal."""
    if isinstance(value, Fraction):
        value = Decimal(value.numerator) / Decimal(value.denominator)
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def loaded(store: Path, paths: Iterable[Path]) -> Path:
    """A store of market data that holds these files."""
    for load in load_files(paths, store=store):
        assert load.state == "loaded", load
    return store
