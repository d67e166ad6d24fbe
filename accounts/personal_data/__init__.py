"""What accounts declare of personal data: cookies, records, what libraries bring, and how long all of it is kept."""

from accounts.personal_data.cookies import ACCOUNT, AUTHENTICATION, COOKIE_CHECK, GREETING, STAFF_AUTHENTICATION
from accounts.personal_data.records import CONTACT, LAST_SEEN, REPORTED
from accounts.personal_data.retention import (
    ADDRESS_CHANGES,
    APPEALS,
    FINDINGS,
    HOLDS,
    LOGIN_HISTORY,
    RECORD_OPENINGS,
    THROTTLES,
    WHILE_ACCOUNT,
)

# isort: split
from accounts.personal_data import libraries, measures  # after our own records: the policies name them in this order

__all__ = [
    "ACCOUNT",
    "ADDRESS_CHANGES",
    "APPEALS",
    "AUTHENTICATION",
    "CONTACT",
    "COOKIE_CHECK",
    "FINDINGS",
    "GREETING",
    "HOLDS",
    "LAST_SEEN",
    "LOGIN_HISTORY",
    "RECORD_OPENINGS",
    "REPORTED",
    "STAFF_AUTHENTICATION",
    "THROTTLES",
    "WHILE_ACCOUNT",
    "libraries",
    "measures",
]
