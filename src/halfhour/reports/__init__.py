"""Reports: one self-contained HTML page per run, made from the run's own tables."""

from halfhour.reports.page import write_report

__all__ = ["write_report"]
