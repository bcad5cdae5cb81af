"""Settlement reports of a run as NETA files: BM Unit chargeable demand, P0342 and SAA-I058.

Follows the handbook, chargeable-imports 5.1 to 5.5. Volumes are MWh of four decimals, rounded once, half to even, from
the run's own whole Wh. What the run does not know is left empty or left out and said in the findings of the report; it
never becomes zero.
"""

from halfhour.reports.neta_files.chargeable_demand import CHARGEABLE_DEMAND, chargeable_demand_report
from halfhour.reports.neta_files.p0342 import P0342, p0342, p0342_suppliers
from halfhour.reports.neta_files.report import NetaHeader, NetaReport
from halfhour.reports.neta_files.saa_i058 import SAA_I058, saa_i058

__all__ = [
    "CHARGEABLE_DEMAND",
    "P0342",
    "SAA_I058",
    "NetaHeader",
    "NetaReport",
    "chargeable_demand_report",
    "p0342",
    "p0342_suppliers",
    "saa_i058",
]
