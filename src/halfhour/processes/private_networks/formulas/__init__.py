"""Formulas of Complex Sites: + - *, constants, channels, results of other formulas, MIN and MAX with 0; no division.

Handbook private-networks 8. Read, checked against the record they stand in, and evaluated in Wh with exact rationals.
"""

from halfhour.processes.private_networks.formulas.checking import check_record
from halfhour.processes.private_networks.formulas.record import (
    Channel,
    Constant,
    Formula,
    Member,
    SupplementaryInformation,
    standard_record,
)
from halfhour.processes.private_networks.formulas.syntax import Expression, parse
from halfhour.processes.private_networks.formulas.volumes import Volumes, volumes

__all__ = [
    "Channel",
    "Constant",
    "Expression",
    "Formula",
    "Member",
    "SupplementaryInformation",
    "Volumes",
    "check_record",
    "parse",
    "standard_record",
    "volumes",
]
