"""What a battery does: the plan for a day, then the state of charge that decides how much of the plan is possible.

Three ways of running it, one per Settlement Day: trading (charge at night, sell into the peaks), peak shaving (charge
at night, cover the site's own peaks) and self-consumption (store the sun, give it back to the site). On top of any of
them, frequency response moves energy both ways within one half hour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from halfhour.demo.days import Days
from halfhour.demo.weather import Floats

TRADING, PEAK_SHAVING, SELF_CONSUMPTION = 0, 1, 2

SOLAR_SHARE_TAKEN_AT_MIDDAY = 0.6
"""On trading days the battery tops up at midday from this share of the sun, whether or not the site could use it."""

HALF_HOURS_TO_FILL, HALF_HOURS_TO_EMPTY = 7.0, 5.0
"""Where the power allows it, a battery fills within the cheap night and empties within the evening peak."""

MORNING_SHARE = 0.6
"""Of the evening's rate, sold into the smaller peak of the morning on trading days."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Batteries side by side, one value per site, shape [site].

    Attributes:
        power_wh: most energy in one half hour, in or out together [Wh].
        capacity_wh: energy that can be taken out of a full battery [Wh].
        round_trip: energy out over energy in; the whole loss is booked on charging.
        frequency_response: share of the power held ready to move both ways within a half hour.
    """

    power_wh: Floats
    capacity_wh: Floats
    round_trip: Floats
    frequency_response: Floats


def plan(
    days: Days, mode: NDArray[np.int8], fleet: Fleet, demand_wh: Floats, solar_wh: Floats, response: Floats
) -> tuple[Floats, Floats]:
    """Charge and discharge wished for in each half hour [Wh], each ≥ 0, shape [half hour, site].

    Parameters:
        mode: `TRADING`, `PEAK_SHAVING` or `SELF_CONSUMPTION`, shape [day, site].
        demand_wh, solar_wh: of the site, shape [half hour, site].
        response: uniform in 0..1, shape [half hour, site]; above one half it calls for frequency response.
    """
    hour = days.local_hour
    charge = np.zeros_like(demand_wh)
    discharge = np.zeros_like(demand_wh)
    most = fleet.power_wh * (1.0 - 2.0 * fleet.frequency_response)
    nightly = np.minimum(most, fleet.capacity_wh / fleet.round_trip / HALF_HOURS_TO_FILL)
    into_the_peak = np.minimum(most, fleet.capacity_wh / HALF_HOURS_TO_EMPTY)

    for step in np.flatnonzero(hour < 5.0):
        today = mode[days.day[step]]
        charge[step] = np.where(today == SELF_CONSUMPTION, 0.0, nightly)
    for step in np.flatnonzero((hour >= 5.0) & (hour < 16.0)):
        today = mode[days.day[step]]
        surplus = solar_wh[step] - demand_wh[step]
        wanted = np.where(today == TRADING, np.maximum(surplus, SOLAR_SHARE_TAKEN_AT_MIDDAY * solar_wh[step]), surplus)
        charge[step] = np.clip(wanted, 0.0, most)
        if 7.0 <= hour[step] < 9.5:
            discharge[step] = np.where(
                today == TRADING, MORNING_SHARE * into_the_peak, np.clip(-surplus, 0.0, np.minimum(most, into_the_peak))
            )
            charge[step] = np.where(today == TRADING, 0.0, charge[step])
        else:
            discharge[step] = np.where(today == SELF_CONSUMPTION, np.clip(-surplus, 0.0, most), 0.0)
    for step in np.flatnonzero(hour >= 16.0):
        today = mode[days.day[step]]
        shortfall = demand_wh[step] - solar_wh[step]
        in_the_peak = hour[step] < 20.0
        charge[step] = np.where(today == TRADING, 0.0, np.clip(-shortfall, 0.0, most))
        discharge[step] = np.where(today == TRADING, into_the_peak * in_the_peak, np.clip(shortfall, 0.0, most))

    both_ways = np.maximum(response - 0.5, 0.0) * (2.0 * fleet.power_wh * fleet.frequency_response)
    charge += both_ways
    discharge += both_ways * fleet.round_trip
    return charge, discharge


def operate(charge: Floats, discharge: Floats, fleet: Fleet) -> tuple[Floats, Floats]:
    """What the state of charge lets through, in whole Wh; starts one third full.

    Parameters:
        charge, discharge: wished for [Wh], shape [half hour, site]; overwritten.

    Returns:
        Energy in and out [Wh, whole], shape [half hour, site], such that the stored energy
        `start + Σ (round_trip × in - out)` stays within 0 and the capacity at every half hour.
    """
    np.floor(charge, out=charge)
    np.floor(discharge, out=discharge)
    stored = np.floor(fleet.capacity_wh / 3.0)
    room = np.empty_like(stored)
    fits = 1.0 / fleet.round_trip
    for step in range(len(charge)):
        into, out = charge[step], discharge[step]
        np.subtract(fleet.capacity_wh, stored, out=room)
        np.multiply(room, fits, out=room)
        np.floor(room, out=room)
        np.minimum(into, room, out=into)
        np.floor(stored, out=room)
        np.minimum(out, room, out=out)
        np.multiply(into, fleet.round_trip, out=room)
        stored += room
        stored -= out
    return charge, discharge
