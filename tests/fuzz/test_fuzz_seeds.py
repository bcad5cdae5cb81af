"""Files that once broke a reader, and a fixed number of files broken by chance, under the oracles of the fuzzer."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzz_corpus import CORPORA, Seed
from fuzz_mutations import mutated
from fuzz_readers import SEEDS, failure, kept_seeds, minimised

from halfhour.formats.flows.checking import check_file
from halfhour.market_data.loading import load_files
from halfhour.metering.store.one_file import read_one

SECONDS = 60.0
"""Of one case, on a machine that may be busy with other tests."""

MUTATIONS = {
    "flows": 80,
    "layouts": 20,
    "flow_json": 60,
    "line_loss_factors": 25,
    "readings": 45,
    "market_data": 50,
    "command_line": 20,
}
"""Of each reader, 300 in all."""

KEPT = [(reader, seed) for reader in CORPORA for seed in kept_seeds(reader)]


def cases(reader: str) -> Iterator[tuple[Seed, int]]:
    """The same broken files each time, with the number that chooses the forms of output tried."""
    rng = random.Random(20_260_101)
    corpus = CORPORA[reader](rng)
    for _ in range(MUTATIONS[reader]):
        seed = rng.choice(corpus)
        others = [other.data for other in rng.sample(corpus, min(3, len(corpus)))]
        yield Seed(seed.name, mutated(seed.data, rng, others, text=seed.text)), rng.randrange(1 << 30)


@pytest.mark.parametrize(("reader", "seed"), [pytest.param(*one, id=f"{one[0]}/{one[1].name}") for one in KEPT])
def test_file_that_once_broke_a_reader_is_read_rightly_or_refused(reader: str, seed: Seed, tmp_path: Path) -> None:
    assert failure(reader, seed, tmp_path / "case", random.Random(1), SECONDS) is None
    assert failure(reader, seed, tmp_path / "case", None, SECONDS) is None


@pytest.mark.parametrize("reader", CORPORA)
def test_files_broken_by_chance_are_read_rightly_or_refused(reader: str, tmp_path: Path) -> None:
    for number, (case, choices) in enumerate(cases(reader)):
        what = failure(reader, case, tmp_path / "case", random.Random(choices), SECONDS)
        assert what is None, (number, what, case.data[:2_000])


def test_every_kept_file_belongs_to_a_reader() -> None:
    assert {folder.name for folder in SEEDS.iterdir()} <= set(CORPORA)
    assert len(KEPT) > 10


def test_files_that_the_fuzzer_breaks_are_good_before(tmp_path: Path) -> None:
    rng = random.Random(7)
    for seed in CORPORA["flows"](rng) + CORPORA["line_loss_factors"](rng):
        path = tmp_path / seed.name
        path.write_bytes(seed.data)
        _, verdict = check_file(path)
        assert verdict.accepted, (seed.name, verdict.findings)
        assert not len(verdict.rejected), (seed.name, verdict.findings)
    for number, seed in enumerate(CORPORA["market_data"](rng)):
        path = tmp_path / seed.name
        path.write_bytes(seed.data)
        distributor = "LOND" if seed.name == "llf_LOND.csv" else None
        (load,) = load_files([path], store=tmp_path / f"{number}.sqlite", distributor=distributor)
        assert load.state == "loaded", (seed.name, load.findings)
    for seed in CORPORA["readings"](rng):
        path = tmp_path / seed.name
        path.write_bytes(seed.data)
        with read_one(path, "AI") as taken:
            assert taken.source.format, (seed.name, taken.findings)


def test_hang_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def never_ready(*_: object) -> None:
        while True:
            pass

    monkeypatch.setitem(__import__("fuzz_readers").ORACLES, "flows", never_ready)
    before = signal.getsignal(signal.SIGALRM)
    assert failure("flows", Seed("a.txt", b""), tmp_path / "case", None, 0.2) == "hang"
    assert signal.getsignal(signal.SIGALRM) == before


def test_error_without_a_code_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def raises(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setitem(__import__("fuzz_readers").ORACLES, "flows", raises)
    assert failure("flows", Seed("a.txt", b""), tmp_path / "case", None) == "KeyError in test_fuzz_seeds.raises"


def test_failing_file_is_made_small() -> None:
    lines = b"\n".join(b"line %d" % number for number in range(100))
    assert minimised(lines, lambda data: b"57" in data and b"2" in data, 20.0) in (b"572", b"257", b"2\n57", b"57\n2")
