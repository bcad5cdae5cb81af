"""Market inputs half hour by half hour: Base Trading Unit status, loss adjustments, prices, rates, each with standing.

Handbook embedded-generation.md 11.1. A value may hold for every half hour, or for one; for every GSP Group, or for one.
What is not given is absent: nothing is carried over from another half hour, and the status of the Base Trading Unit has
no default (O7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from halfhour.charges.benefits.columns import EPOCH, PERIODS_A_DAY, Cells, Number, half_hour_text, key_of
from halfhour.charges.benefits.exact import FACTOR_DECIMALS, MOST_FACTOR, MOST_PRICE, PRICE_DECIMALS, Whole, cut, scaled
from halfhour.charges.benefits.half_hours import ACTUAL, STATUSES, Rows, text_frame
from halfhour.errors import HalfhourError
from halfhour.market_data.embedded.rules import rule_date
from halfhour.market_data.embedded.zones import zone

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore

Triad = tuple[date, int]
Found = TypeVar("Found")
KEPT = 128
"""Results kept for plants with the same half hours: up to a megabyte each."""

_FACTOR = {"decimals": FACTOR_DECIMALS, "least": -MOST_FACTOR, "most": MOST_FACTOR, "unit": "whole and decimals"}
_PRICE = {"decimals": PRICE_DECIMALS, "least": -MOST_PRICE, "most": MOST_PRICE, "unit": "£/MWh"}
NUMBERS: dict[str, Number] = {
    "tlmo_del": Number("a TLMO", **_FACTOR),
    "tlmo_off": Number("a TLMO", **_FACTOR),
    "tlf": Number("a TLF", **_FACTOR),
    "tlm_del": Number("a TLM", FACTOR_DECIMALS, 1, MOST_FACTOR, "whole and decimals"),
    "tlm_off": Number("a TLM", FACTOR_DECIMALS, 1, MOST_FACTOR, "whole and decimals"),
    "system_price": Number("a price", **_PRICE),
    "reference_price": Number("a price", **_PRICE),
    "bsuos_price": Number("a price", **_PRICE),
    "rcrc_rate": Number("a rate", **_PRICE),
}
STATUS_COLUMNS = ("base_tu_delivering", "base_tu_net_mwh")
COLUMNS = (*STATUS_COLUMNS, *NUMBERS)
_OTHER_COLUMNS = ("settlement_date", "settlement_period", "gsp_group", "status", "source", "run")
_NET = Number("a net volume", 6, -(10**12), 10**12, "MWh")
_SUSPECT = "suspect"
_OF_A_ZONE = ("tlm_del", "tlm_off")


@dataclass(frozen=True, slots=True)
class Values:
    """One input where it holds.

    Attributes:
        keys: half hours in order; None = every half hour.
        values: scaled integers, one per key or one for all.
        status: places in `STATUSES`, likewise.
        source: where it was taken from.
        suspect: which of the values are marked as doubtful; None = none.
    """

    keys: Whole | None
    values: Whole
    status: NDArray[np.uint8]
    source: str
    suspect: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Aligned:
    """An input laid onto half hours: its values, which of them are there, their standing, and the doubtful ones."""

    values: Whole
    have: NDArray[np.bool_]
    status: NDArray[np.uint8]
    suspect: NDArray[np.bool_]

    @property
    def weakest(self) -> int:
        """Standing of the whole."""
        used = self.status[self.have]
        return int(used.max()) if len(used) else ACTUAL


@dataclass
class Market:
    """Inputs by name and GSP Group; `""` is every group.

    Attributes:
        held: by (name, gsp_group), those asked first that were added last.
        triads: given by the caller, by charging year, with their standing.
        estimated_losses: whether ETLMO may stand in for TLMO; the result is then an estimate.
        accept_suspect, accept_rounded: whether doubtful prices and tariffs of two decimals may be used.
        weighting: of the two tariffs of 2010/11.
        store: the user's market data, for what is not given.
    """

    held: dict[tuple[str, str], list[Values]] = field(default_factory=dict)
    triads: dict[str, tuple[tuple[Triad, ...], str]] = field(default_factory=dict)
    estimated_losses: bool = False
    accept_suspect: bool = False
    accept_rounded: bool = False
    weighting: str | None = None
    store: MarketDataStore | None = None
    _loaded: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)
    _once: dict[tuple[object, ...], Any] = field(default_factory=dict, repr=False)

    def constant(
        self, name: str, value: Decimal | bool, *, status: str = "supplied", source: str = "given", gsp_group: str = ""
    ) -> Market:
        """Add a value that holds in every half hour.

        Raises:
            HalfhourError: EB-315 there is no such input, EB-312 the value cannot be reckoned with.
        """
        _known(name)
        if name in STATUS_COLUMNS:
            if not isinstance(value, bool) or name != "base_tu_delivering":
                raise HalfhourError(
                    "EB-312", f"{name} is {value}.", "Give base_tu_delivering = true or false for every half hour."
                )
            whole: int | None = int(value)
        else:
            number = NUMBERS[name]
            is_number = isinstance(value, Decimal | int) and not isinstance(value, bool) and Decimal(value).is_finite()
            whole = scaled(Decimal(value), number.decimals) if is_number else None
            if whole is None or not number.least <= whole <= number.most:
                raise HalfhourError(
                    "EB-312",
                    f"{name} {str(value)[:40]} is not {number.name} in {number.unit} that can be reckoned with.",
                    f"Give a number with at most {number.decimals} decimals.",
                )
        one = np.array([whole], dtype=np.int64)
        return self._add(name, gsp_group, Values(None, one, np.array([STATUSES.index(status)], dtype=np.uint8), source))

    def table(self, rows: Rows, *, status: str = "supplied", source: str = "market") -> Market:
        """Add a table of half hours: `settlement_date`, `settlement_period` and any of `COLUMNS`.

        An optional `gsp_group` limits a row to that group, an optional `status` is that of its values. An empty cell is
        a value that is not there.

        Raises:
            HalfhourError: EB-315 a column is not known, EB-312 and EB-121 cells that cannot be read, EB-314 a value
                stands twice and differs.
        """
        frame = rows if isinstance(rows, pl.DataFrame) else text_frame(rows)
        names = [name for name in frame.columns if name not in _OTHER_COLUMNS]
        for name in names:
            _known(name)
        for name in ("settlement_date", "settlement_period"):
            if name not in frame.columns:
                raise HalfhourError(
                    "EB-315", f"{source} has no column {name}.", "Give settlement_date and settlement_period."
                )
        cells = Cells(frame, source)
        keys = cells.keys()
        groups = _groups(cells)
        standing = _standing(cells, status)
        read = {name: _read(cells, name) for name in names}
        cells.raise_if_wrong()
        for name, (values, have) in read.items():
            for group in sorted({str(one) for one in groups[have]} if len(groups) else set()):
                rows_of = have & (groups == group)
                ordered = _ordered(keys[rows_of], values[rows_of], standing[rows_of], f"{source}: {name}", source)
                self._add("base_tu_delivering" if name in STATUS_COLUMNS else name, group, ordered)
        return self

    def read(self, path: Path) -> Market:
        """Add a CSV or Parquet file.

        Raises:
            HalfhourError: EB-316 it cannot be read as a table; what `table` raises.
        """
        return self.table(read_table(path), source=path.name)

    def _add(self, name: str, group: str, values: Values) -> Market:
        self.held.setdefault((name, group), []).append(values)
        self._once.clear()
        return self

    def once(self, what: tuple[object, ...], work: Callable[[], Found]) -> Found:
        """What was worked out before for the same inputs, or else the work done now."""
        if what not in self._once:
            if len(self._once) >= KEPT:
                self._once.clear()
            self._once[what] = work()
        found: Found = self._once[what]
        return found

    def aligned(self, name: str, gsp_group: str, keys: Whole, token: bytes | None = None) -> Aligned:
        """An input on half hours: the group's own values before those of every group, then the store's.

        Of two that hold, one of a half hour goes before a constant, and the later added before the earlier.

        Args:
            token: the keys as bytes, where the caller has them.
        """
        what = ("aligned", name, gsp_group, keys.tobytes() if token is None else token)
        return self.once(what, lambda: self._lay(name, gsp_group, keys))

    def sources(self, name: str, gsp_group: str) -> list[str]:
        """Where an input was taken from."""
        found = [values.source for group in (gsp_group, "") for values in self.held.get((name, group), [])]
        loaded = self._loaded.get((name, gsp_group))
        return list(dict.fromkeys([*found, *([loaded] if loaded else [])]))

    def _lay(self, name: str, gsp_group: str, keys: Whole) -> Aligned:
        count = len(keys)
        into = Aligned(
            np.zeros(count, dtype=np.int64),
            np.zeros(count, dtype=np.bool_),
            np.zeros(count, dtype=np.uint8),
            np.zeros(count, dtype=np.bool_),
        )
        for group in dict.fromkeys((gsp_group, "")):
            added = list(reversed(self.held.get((name, group), [])))
            for values in (one for constants in (False, True) for one in added if (one.keys is None) == constants):
                _put(into, values, keys)
        if self.store is not None and not into.have.all():
            loaded = stored(self.store, name, gsp_group, keys[~into.have])
            if loaded is not None:
                self._loaded[name, gsp_group] = loaded.source
                _put(into, loaded, keys)
        return into


def _put(into: Aligned, given: Values, keys: Whole) -> None:
    if given.keys is None:
        rows = np.flatnonzero(~into.have)
        places = np.zeros(len(rows), dtype=np.int64)
    elif len(given.keys):
        spot = np.minimum(np.searchsorted(given.keys, keys), len(given.keys) - 1)
        rows = np.flatnonzero(~into.have & (given.keys[spot] == keys))
        places = spot[rows]
    else:
        return
    into.values[rows] = given.values[places]
    into.status[rows] = given.status[places]
    if given.suspect is not None:
        into.suspect[rows] = given.suspect[places]
    into.have[rows] = True


def _known(name: str) -> None:
    if name not in COLUMNS:
        near = get_close_matches(name, COLUMNS, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise HalfhourError("EB-315", f"There is no market input {name[:40]!r}.", f"{hint}Known: {', '.join(COLUMNS)}.")


def _groups(cells: Cells) -> NDArray[np.object_]:
    if "gsp_group" not in cells.frame.columns:
        return np.full(cells.frame.height, "", dtype=object)
    text = cells.texts("gsp_group").fill_null("")
    for group in text.unique().to_list():
        if group:
            zone(group)
    return text.to_numpy()


def _standing(cells: Cells, status: str) -> NDArray[np.uint8]:
    own = STATUSES.index(status)
    if "status" not in cells.frame.columns:
        return np.full(cells.frame.height, own, dtype=np.uint8)
    text = cells.texts("status").fill_null(status)
    places = text.replace_strict(
        {name: place for place, name in enumerate(STATUSES)}, default=None, return_dtype=pl.UInt8
    )
    cells.refuse(places.is_null(), "status", "EB-312", "is no status", f"Write one of {', '.join(STATUSES)}.")
    return places.fill_null(0).to_numpy().astype(np.uint8)


def _read(cells: Cells, name: str) -> tuple[Whole, NDArray[np.bool_]]:
    if name == "base_tu_net_mwh":
        net, have = cells.numbers(name, _NET)
        # The sum of the members above zero delivers; zero is off-taking (handbook 4.4).
        return (net > 0).astype(np.int64), have
    if name == "base_tu_delivering":
        text = cells.frame[name].cast(pl.String).str.strip_chars().str.to_lowercase()
        text = text.set(text == "", None)
        flags = text.replace_strict({"true": 1, "1": 1, "false": 0, "0": 0}, default=None, return_dtype=pl.Int64)
        cells.refuse(
            text.is_not_null() & flags.is_null(), name, "EB-312", "is no yes or no", "Write true or false, or 1 or 0."
        )
        return flags.fill_null(0).to_numpy().astype(np.int64), flags.is_not_null().to_numpy()
    return cells.numbers(name, NUMBERS[name])


def _ordered(keys: Whole, values: Whole, standing: NDArray[np.uint8], what: str, source: str) -> Values:
    order = np.argsort(keys, kind="stable")
    keys, values, standing = keys[order], values[order], standing[order]
    same = np.flatnonzero(keys[1:] == keys[:-1])
    differ = same[values[same] != values[same + 1]]
    if len(differ):
        raise HalfhourError(
            "EB-314",
            f"{what} stands twice for {half_hour_text(int(keys[differ[0]]))} with different values.",
            "Keep one row for each half hour and GSP Group.",
        )
    first = np.ones(len(keys), dtype=np.bool_)
    first[same + 1] = False
    weakest = np.zeros(int(first.sum()), dtype=np.uint8)
    if len(keys):
        np.maximum.at(weakest, np.cumsum(first) - 1, standing)
    return Values(keys[first], values[first], weakest, source)


def read_table(path: Path) -> pl.DataFrame:
    """A CSV file as text columns, or a Parquet file as it is.

    Raises:
        HalfhourError: EB-316 it is neither.
    """
    try:
        with path.open("rb") as stream:
            packed = stream.read(4) == b"PAR1"
        if packed:
            return pl.read_parquet(path, glob=False)
        return pl.read_csv(path, infer_schema=False, encoding="utf8", glob=False, truncate_ragged_lines=False)
    except (pl.exceptions.PolarsError, UnicodeError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise HalfhourError(
            "EB-316",
            f"{path.name} is no table: {first[:200]}.",
            "Give a CSV in UTF-8 with a header line, or a Parquet file.",
        ) from None


RUNS = ("DF", "RF", "R3", "R2", "R1", "SF", "II")
"""Settlement runs, the last first: of a half hour held for several runs, the latest answers."""

_STORED = {
    "system_price": ("system_price", "system_price_gbp_per_mwh"),
    "bsuos_price": ("bsuos_half_hourly_price", "price_gbp_per_mwh"),
    "rcrc_rate": ("residual_cashflow_reallocation_rate", "rcrc_gbp_per_mwh"),
    "tlm_del": ("transmission_loss_multiplier", "tlm_delivering"),
    "tlm_off": ("transmission_loss_multiplier", "tlm_offtaking"),
}


def stored(store: MarketDataStore, name: str, gsp_group: str, keys: Whole) -> Values | None:
    """An input from the user's market data for the days of some half hours, its latest run; None where it has none.

    Records carry more decimals than are published; they are rounded once, half to even, to those that are reckoned
    with, and the source says how many were. A multiplier for all zones holds until zones have factors of their own.
    """
    if name not in _STORED:
        return None
    table, column = _STORED[name]
    number = NUMBERS[name]
    best: dict[int, tuple[int, int, int, bool]] = {}
    runs: dict[int, str] = {}
    rounded: set[int] = set()
    beyond = 0
    for day in _days(keys):
        for row in store.reference_rows(table, day):
            if row.get("gsp_group") not in (None, "", gsp_group) or row[column] is None:
                continue
            if name in _OF_A_ZONE and not row.get("gsp_group") and day >= rule_date("zonal_loss_factors"):
                continue
            key, run = key_of(day, row["settlement_period"]), row.get("run") or ""
            value = scaled(cut(row[column], number.decimals), number.decimals)
            if value is None or not number.least <= value <= number.most:
                beyond += 1
                continue
            if scaled(row[column], number.decimals) is None:
                rounded.add(key)
            rank = (0 if row.get("gsp_group") else 1, RUNS.index(run) if run in RUNS else len(RUNS))
            if key not in best or rank < best[key][:2]:
                best[key] = (*rank, value, row.get("quality") == _SUSPECT)
                runs[key] = run
    if not best:
        return None
    ordered = sorted(best)
    of_runs = sorted(set(runs.values()) - {""})
    named = f", run {', '.join(of_runs)}" if of_runs else ""
    if rounded:
        named += f", {len(rounded):,} values rounded to {number.decimals} decimals"
    if beyond:
        named += f", {beyond:,} values beyond all bounds left out"
    return Values(
        np.array(ordered, dtype=np.int64),
        np.array([best[key][2] for key in ordered], dtype=np.int64),
        np.full(len(ordered), ACTUAL, dtype=np.uint8),
        f"market data, {table}{named}",
        np.array([best[key][3] for key in ordered], dtype=np.bool_),
    )


def _days(keys: Whole) -> Iterable[date]:
    return [EPOCH + timedelta(days=int(day)) for day in np.unique(keys // PERIODS_A_DAY)]


def of_constants(constants: Mapping[str, Decimal | bool], source: str = "given") -> Market:
    """A market of values that hold in every half hour."""
    market = Market()
    for name, value in constants.items():
        market.constant(name, value, source=source)
    return market


def give_triads(market: Market, charging_year: str, triads: Sequence[Triad], status: str = "provisional") -> Market:
    """Give the Triads of a year whose own are not published."""
    market.triads[charging_year] = (tuple(triads), status)
    return market
