"""The page of a comparison of routes: one self-contained HTML file with pictures."""

from halfhour.reports.benefits.page import write_benefits_report

__all__ = ["write_benefits_report"]
