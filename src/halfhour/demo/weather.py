"""The weather of the example portfolios: where the sun stands, how cloudy and how cold it is, in UTC half hours.

Sun: Cooper (1969) for the declination, the equation of time in the usual three-term form. Clear sky: Meinel and Meinel
(1976) for the beam, a fixed share of it for the diffuse light. Clouds: Kasten and Czeplak (1980), `1 - 0.75 N^3.4`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SOLAR_CONSTANT_W_PER_M2 = 1353.0
DIFFUSE_SHARE_OF_BEAM = 0.12
"""Diffuse light of a clear sky on the horizontal, as a share of the beam; about a tenth in temperate latitudes."""


@dataclass(frozen=True, slots=True)
class Sun:
    """Where the sun stands over one place, one value per half hour (taken at its middle).

    Attributes:
        sine_elevation: sine of the angle above the horizon; negative at night.
        south, west: the sun's horizontal direction cosines, positive to the south and to the west.
    """

    sine_elevation: Floats
    south: Floats
    west: Floats


def sun_over(utc_seconds: NDArray[np.int64], latitude_deg: float, longitude_deg: float) -> Sun:
    """The sun at the middle of each half hour.

    Parameters:
        utc_seconds: starts of half hours, seconds since 1970-01-01 UTC, shape [half hour].
        latitude_deg, longitude_deg: north and east positive.
    """
    middle = utc_seconds + 900
    days_since_epoch = middle // 86_400
    year_start = days_since_epoch.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]")
    day_of_year = days_since_epoch - year_start.astype(np.int64) + 1
    utc_hours = (middle % 86_400) / 3600.0

    angle = 2 * np.pi * (day_of_year - 81) / 365.0
    equation_of_time_hours = (9.87 * np.sin(2 * angle) - 7.53 * np.cos(angle) - 1.5 * np.sin(angle)) / 60.0
    declination = np.radians(23.45) * np.sin(2 * np.pi * (284 + day_of_year) / 365.0)
    hour_angle = np.radians(15.0 * (utc_hours + longitude_deg / 15.0 + equation_of_time_hours - 12.0))
    latitude = np.radians(latitude_deg)
    return Sun(
        sine_elevation=np.sin(latitude) * np.sin(declination)
        + np.cos(latitude) * np.cos(declination) * np.cos(hour_angle),
        south=np.sin(latitude) * np.cos(declination) * np.cos(hour_angle) - np.cos(latitude) * np.sin(declination),
        west=np.cos(declination) * np.sin(hour_angle),
    )


def clear_sky_beam_w_per_m2(sine_elevation: Floats) -> Floats:
    """Beam of a cloudless sky on a surface that faces the sun [W/m²]; 0 while the sun is down."""
    air_mass = 1.0 / np.maximum(sine_elevation, 0.02)
    return np.where(sine_elevation > 0.0, SOLAR_CONSTANT_W_PER_M2 * 0.7 ** (air_mass**0.678), 0.0)


def autoregressive(shocks: Floats, hours: Floats) -> Floats:
    """Standard normal processes that forget themselves, made in place from independent standard normals.

    Parameters:
        shocks: shape [half hour, series]; overwritten and returned.
        hours: time after which the correlation has fallen to 1/e, shape [series].
    """
    correlation = np.exp(-0.5 / hours)
    shocks[1:] *= np.sqrt(1.0 - correlation**2)
    carried = np.empty_like(shocks[0])
    for step in range(1, len(shocks)):
        np.multiply(shocks[step - 1], correlation, out=carried)
        shocks[step] += carried
    return shocks


def cloud_transmission(cloudiness: Floats) -> Floats:
    """Share of the clear-sky light that comes through, between about 0.1 and 1.

    Parameters:
        cloudiness: standard normal, high = overcast. Cover N is U-shaped, as British skies are: mostly clear or
            mostly grey. A thick overcast takes more than Kasten and Czeplak's mean, hence the second factor.
    """
    cover = 1.0 / (1.0 + np.exp(-2.2 * (cloudiness + 1.1)))
    # N^3.25 lies within 0.02 of N^3.4 and needs no power function.
    overcast = cover * cover * cover * np.sqrt(np.sqrt(cover))
    thickness = np.clip(cloudiness, 0.0, 1.6)
    return np.asarray((1.0 - 0.75 * overcast) * (1.0 - 0.4 * thickness), dtype=np.float64)


def outdoor_temperature_c(utc_seconds: NDArray[np.int64], departure: Floats) -> Floats:
    """Outdoor temperature [°C]: the season, the time of day and the weather's departure from both.

    Parameters:
        departure: standard normal process, shape [half hour]; three degrees to one.
    """
    day_of_year = (utc_seconds / 86_400.0 + 0.0) % 365.2425
    season = -6.5 * np.cos(2 * np.pi * (day_of_year - 24.0) / 365.2425)
    time_of_day = -2.0 * np.cos(2 * np.pi * ((utc_seconds % 86_400) / 3600.0 - 2.5) / 24.0)
    return np.asarray(10.5 + season + time_of_day + 3.0 * departure, dtype=np.float64)
