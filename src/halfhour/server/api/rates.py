"""How fast a token may call: a bucket of requests that fills again with time, kept in the memory of the process.

`halfhour serve` is one process. Several behind one address each keep their own buckets, so that the rate is then for
each of them. A restart fills every bucket.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from halfhour.server.project.environment import whole_number

PER_MINUTE = "HALFHOUR_RATE"
"""Environment variable: requests that a token may make in a minute, as many at once."""

DEFAULT_PER_MINUTE = 600
_MOST_BUCKETS = 10_000


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Buckets:
    """The buckets of all tokens; the one that has been idle for longest goes when there are too many."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str, now: float | None = None) -> int:
        """Take a request from a bucket: 0, or the whole seconds to wait where it is empty."""
        moment = time.monotonic() if now is None else now
        with self._lock:
            bucket = self._buckets.get(key) or _Bucket(float(self.per_minute), moment)
            self._buckets[key] = bucket
            self._buckets.move_to_end(key)
            if len(self._buckets) > _MOST_BUCKETS:
                self._buckets.popitem(last=False)
            per_second = self.per_minute / 60
            bucket.left = min(float(self.per_minute), bucket.left + max(0.0, moment - bucket.at) * per_second)
            bucket.at = moment
            if bucket.left >= 1:
                bucket.left -= 1
                return 0
            return max(1, math.ceil((1 - bucket.left) / per_second))


def per_minute() -> int:
    """Requests that a token may make in a minute.

    Raises:
        HalfhourError: SV-117 the environment names no rate.
    """
    return whole_number(PER_MINUTE, DEFAULT_PER_MINUTE, 1_000_000, "requests per minute")
