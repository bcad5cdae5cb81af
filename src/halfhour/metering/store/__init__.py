"""The readings store: what came in, when it was recorded, and how the engine reads it again, block by block."""

from __future__ import annotations

from halfhour.metering.store.catalogue import Segment, Source
from halfhour.metering.store.readings_store import ReadingsStore, Record

__all__ = ["ReadingsStore", "Record", "Segment", "Source"]
