"""Settlement runs as the server shows them: from the folder that HALFHOUR_RUNS names, to each caller its own part."""
