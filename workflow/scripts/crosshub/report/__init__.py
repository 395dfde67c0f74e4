"""The report of a study: one HTML page that needs no network and no script to be read."""

from crosshub.report.page import build_report

__all__ = ["build_report"]
