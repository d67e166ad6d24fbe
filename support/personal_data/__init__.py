"""What support declares of personal data: cases with all that was told in them, what hangs on them, and a store of ideas."""

from support.personal_data import destruction, diagnostics, measures, objection, reinstatement
from support.personal_data.cases import TOLD
from support.personal_data.corrections import CORRECTIONS
from support.personal_data.feedback import STORE_OF_IDEAS
from support.personal_data.login_help import LOGIN_HELP_HISTORY

__all__ = [
    "CORRECTIONS",
    "LOGIN_HELP_HISTORY",
    "STORE_OF_IDEAS",
    "TOLD",
    "destruction",
    "diagnostics",
    "measures",
    "objection",
    "reinstatement",
]
