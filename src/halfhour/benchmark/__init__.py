"""The benchmark: the engine beside plain alternatives on the same readings, as ratios in one run."""
