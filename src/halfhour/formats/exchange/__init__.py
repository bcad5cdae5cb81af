"""Half-hourly exchange formats: files met outside the market network, each laid out in the long shape of readings.

Follows the handbook (file-formats 5). A file is told by its content; one that is nearly of a format is refused by it.
"""

from halfhour.formats.exchange import bg_csv, edf_csv, simple_csv, stark_df2
from halfhour.formats.readings_shapes import Recogniser

RECOGNISERS: tuple[Recogniser, ...] = (
    stark_df2.recognise,
    edf_csv.recognise,
    bg_csv.recognise,
    simple_csv.recognise,
)
"""Asked in this order; no two of them take the same file."""
