"""Made-up portfolios from a seed: the example portfolio, portfolios of any size, and readings for benchmarks.

Everything is deterministic: the same seed gives the same bytes, and a site's readings do not depend on its neighbours.
"""

from halfhour.demo.days import Days, lay_out
from halfhour.demo.example import write_demo
from halfhour.demo.plants import bench_block
from halfhour.demo.portfolio import write_portfolio
from halfhour.demo.simulation import FixedHalfHour, Plant, simulate

__all__ = ["Days", "FixedHalfHour", "Plant", "bench_block", "lay_out", "simulate", "write_demo", "write_portfolio"]
