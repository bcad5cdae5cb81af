"""Differencing indicators and the volume of each method: signs, absence, conservation (handbook 6.2)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from halfhour.errors import HalfhourError
from halfhour.processes.chargeable_imports.differencing import (
    HalfHours,
    asset_differencing_volume,
    asset_metering_volume,
    boundary_volume,
    differencing_method,
)

COUNT = 6
series = st.builds(
    HalfHours,
    hnp.arrays(np.int64, COUNT, elements=st.integers(0, 10**9)),
    hnp.arrays(np.bool_, COUNT),
)


def known(*wh):
    return HalfHours(np.array(wh, dtype=np.int64), np.ones(len(wh), dtype=bool))


def test_complementary_pairs_say_their_method():
    assert differencing_method("F", "A") == "asset-metering"
    assert differencing_method("T", "D") == "asset-differencing"
    assert differencing_method("", "T") == "boundary"


@pytest.mark.parametrize(
    ("amsid", "msid"), [("F", "D"), ("T", "A"), ("", "A"), ("", "D"), ("F", "T"), ("", ""), ("X", "A")]
)
def test_any_other_pair_is_refused(amsid, msid):
    with pytest.raises(HalfhourError, match="complementary") as refused:
        differencing_method(amsid, msid)
    assert refused.value.code == "DC-007"


def test_import_is_positive():
    assert asset_metering_volume(known(5, 0), known(0, 4)).wh.tolist() == [5, -4]
    assert boundary_volume(known(2, 1), known(0, 3)).wh.tolist() == [2, -2]


def test_asset_differencing_leaves_what_is_not_the_assets():
    boundary = boundary_volume(known(2_500), known(300))
    assets = [asset_metering_volume(known(1_300), known(200)), asset_metering_volume(known(0), known(1_800))]
    assert asset_differencing_volume(boundary, assets).wh.tolist() == [2_900]


@given(series, series, st.lists(st.tuples(series, series), max_size=4))
def test_assets_and_remainder_make_the_boundary_wherever_all_are_known(imports, exports, pairs):
    boundary = boundary_volume(imports, exports)
    assets = [asset_metering_volume(*pair) for pair in pairs]
    rest = asset_differencing_volume(boundary, assets)
    everything = np.logical_and.reduce([boundary.known, *(asset.known for asset in assets)])
    assert (rest.known == everything).all()
    whole = sum(assets, rest)
    assert (whole.wh == boundary.wh).all()
    assert (whole.known == everything).all()


@given(series, st.lists(series, max_size=4), st.randoms())
def test_the_order_of_assets_does_not_matter(boundary, assets, random):
    turned = assets[:]
    random.shuffle(turned)
    straight, other = asset_differencing_volume(boundary, assets), asset_differencing_volume(boundary, turned)
    assert (straight.wh == other.wh).all()
    assert (straight.known == other.known).all()
