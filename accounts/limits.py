"""How often something may be tried (ASVS 6.1.1, 6.3.1).

Guessing is slowed, and nobody is ever locked out for good: a browser in which the account was used before has a count of
its own, and a forgotten password can be renewed while the log-in is throttled.
"""

from collections.abc import Iterable

from accounts.models import Throttle
from accounts.models.throttle import Limit, Try

LOGIN_ACCOUNT = Limit("login-account", burst=10, interval=120)
LOGIN_NETWORK = Limit("login-network", burst=30, interval=10)
LOGIN_KNOWN_BROWSER = Limit("login-known-browser", burst=10, interval=30)
LOGIN_REFUSAL_NOTED = Limit("login-refusal-noted", burst=1, interval=3600)
PASSWORD_ADDRESS = Limit("password-address", burst=3, interval=3600)
PASSWORD_NETWORK = Limit("password-network", burst=10, interval=60)
ADDRESS_CHANGE_ACCOUNT = Limit("address-change-account", burst=5, interval=3600)
ADDRESS_CHANGE_TARGET = Limit("address-change-target", burst=3, interval=3600)
CUSTOMER_SEARCH = Limit("customer-search", burst=20, interval=60)  # a member of staff who goes through all customers one by one is slow
DOWNLOAD_REFUSALS_NOTED = Limit("download-refusals-noted", burst=50, interval=60)  # whoever presses on and on must not fill the audit log
LINKED_REQUESTS = Limit("linked-requests", burst=500, interval=60)  # for each download: many parts and resumes, and not a crowd
GIVE_BACK = Limit("give-back", burst=10, interval=600)
REISSUE = Limit("reissue", burst=5, interval=4 * 3600)
CODES_SENT = Limit("codes-sent", burst=1, interval=600)  # of one product: a second click sends no second mail
CODES_SENT_ACCOUNT = Limit("codes-sent-account", burst=10, interval=3600)
HAND_OVER = Limit("hand-over", burst=60, interval=10)  # for each network: what visitors begin is recorded, and must not fill the audit log
CODE_CHECK_NETWORK = Limit("code-check-network", burst=120, interval=1)  # an office with many computers is one network
CODE_CHECK_UNKNOWN = Limit("code-check-unknown", burst=20, interval=60)  # codes that there are not; good ones are not refused for them
UPDATE_SIGNING = Limit("update-signing", burst=1, interval=600)  # of one file: a large one is not read over and over while it is not good
PROMO_CODE_NETWORK = Limit("promo-code-network", burst=20, interval=20)  # in vain; a good single-use code is never refused for them
PROMO_CODE_PROMOTION = Limit("promo-code-promotion", burst=200, interval=2)  # in vain, from everywhere: above it, it is being guessed at
PROMO_CODE_GUESSED_AT = Limit("promo-code-guessed-at", burst=3, interval=600)  # words that one network tries there then
PROMO_REGISTRATIONS_SUSPECT = Limit("promo-registrations-suspect", burst=3, interval=60)  # of a network in the queue of staff
PROMO_REFUSALS_NOTED = Limit("promo-refusals-noted", burst=60, interval=10)  # of one network, so that a flood cannot fill the audit log
PROMO_THROTTLING_NOTED = Limit("promo-throttling-noted", burst=1, interval=3600)
PROMO_CONFIRMATIONS = Limit("promo-confirmations", burst=10, interval=60)  # typed codes of one registration
PROMO_MAILS = Limit("promo-mails", burst=2, interval=600)  # of one registration: asking again mails again, and not without end
PROMO_CORRECTIONS = Limit("promo-corrections", burst=3, interval=600)  # of one single-use code: each other address is mailed
PROMO_VISITS_NOTED = Limit("promo-visits-noted", burst=60, interval=5)  # of one network, so that a flood cannot fill the audit log
JOINING_NETWORK = Limit("joining-network", burst=10, interval=60)
JOINING_ADDRESS = Limit("joining-address", burst=3, interval=4 * 3600)  # whoever is asked in vain is not mailed without end
JOINING_AGAIN = Limit("joining-again", burst=1, interval=60)  # a second click sends no second mail
APPEAL = Limit("appeal", burst=3, interval=8 * 3600)
FEEDBACK = Limit("feedback", burst=10, interval=3600)
CASES_NETWORK = Limit("cases-network", burst=10, interval=300)  # opened by strangers
CASES_ACCOUNT = Limit("cases-account", burst=10, interval=600)
CASES_ADDRESS = Limit("cases-address", burst=5, interval=1800)  # whoever is named in vain is not mailed without end
CASES_BY_MAIL = Limit("cases-by-mail", burst=100, interval=20)  # in all: a mail may bear any sender, who is answered
CASE_COPIES = Limit("case-copies", burst=10, interval=600)  # of one case: files are mailed on the press of a button
CASE_MESSAGES = Limit("case-messages", burst=20, interval=120)  # of one case
RECEIPTS_NETWORK = Limit("receipts-network", burst=60, interval=5)
DIAGNOSTICS_NETWORK = Limit("diagnostics-network", burst=20, interval=120)  # uploads begun; an office with many computers is one network
DIAGNOSTICS_PIECES = Limit("diagnostics-pieces", burst=2000, interval=1)  # of one upload: each is written down
SECOND_FACTOR = Limit("second-factor", burst=10, interval=900)
SECOND_FACTOR_KNOWN_BROWSER = Limit("second-factor-known-browser", burst=10, interval=300)
PASSKEY_CHALLENGE = Limit("passkey-challenge", burst=1, interval=600)
SECOND_FACTOR_FAILURES = Limit("second-factor-failures", burst=4, interval=3600)
SECOND_FACTOR_WARNING = Limit("second-factor-warning", burst=1, interval=86400)
REPORTS = Limit("reports", burst=10, interval=120)
PERSONAL_DATA_REPORT = Limit("personal-data-report", burst=3, interval=8 * 3600)  # of one account: each takes a worker's time
SUBJECT_REQUEST_NETWORK = Limit("subject-request-network", burst=10, interval=60)  # asked without a log-in
SUBJECT_REQUEST_ADDRESS = Limit("subject-request-address", burst=3, interval=4 * 3600)  # whoever is named in vain is not mailed without end

OF_ADDRESS = (LOGIN_ACCOUNT, LOGIN_REFUSAL_NOTED, PASSWORD_ADDRESS, ADDRESS_CHANGE_TARGET, JOINING_AGAIN, SUBJECT_REQUEST_ADDRESS)
"""Counted by an e-mail address as compared."""
OF_MAILBOX = (JOINING_ADDRESS, CASES_ADDRESS)
"""Counted by an address without what stands behind a plus."""
OF_ACCOUNT = (
    *(ADDRESS_CHANGE_ACCOUNT, REPORTS, APPEAL, CUSTOMER_SEARCH, SECOND_FACTOR, SECOND_FACTOR_FAILURES, SECOND_FACTOR_WARNING),
    *(GIVE_BACK, DOWNLOAD_REFUSALS_NOTED, CODES_SENT_ACCOUNT, REISSUE, FEEDBACK, CASES_ACCOUNT, PERSONAL_DATA_REPORT),
)
"""Counted by the number of an account."""


class TooManyTries(Exception):
    """Something was tried too often; after `seconds` one more try is free."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit.name)
        self.seconds = int(limit.interval)


def demand(limit: Limit, subject: str) -> None:
    """Count one try, or raise TooManyTries."""
    demand_all([(limit, subject)])


def demand_all(tries: Iterable[Try]) -> None:
    """Count one try of each, or of none and raise TooManyTries."""
    if refused := Throttle.objects.refusing(tries):
        raise TooManyTries(refused)
