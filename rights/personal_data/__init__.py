"""What rights declare of personal data: requests about it, the reports that answer them, and erasures."""

from rights.personal_data import erasures
from rights.personal_data.reports import MADE, REPORTS
from rights.personal_data.requests import REQUESTS

__all__ = ["MADE", "REPORTS", "REQUESTS", "erasures"]
