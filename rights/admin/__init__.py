"""Pages of the staff area: requests about personal data, and erasures."""

from rights.admin.erasures import ErasureAdmin
from rights.admin.requests import SubjectRequestAdmin

__all__ = ["ErasureAdmin", "SubjectRequestAdmin"]
