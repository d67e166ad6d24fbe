"""What rights declare of personal data: requests about it, and the reports that answer them."""

from rights.personal_data.reports import MADE, REPORTS
from rights.personal_data.requests import REQUESTS

__all__ = ["MADE", "REPORTS", "REQUESTS"]
