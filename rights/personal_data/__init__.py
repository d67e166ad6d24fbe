"""What rights declare of personal data: requests about it."""

from rights.personal_data import erasures
from rights.personal_data.requests import REQUESTS

__all__ = ["REQUESTS", "erasures"]
