"""How long accounts keep what they record."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from privacy.registry import Retention

YEAR = timedelta(days=365)

WHILE_ACCOUNT = Retention("account", _("as long as you have your account"), ended_by=_("closing your account"), p3p="business-practices")
LOGIN_HISTORY = Retention(
    "login-history",
    _("one year"),
    longest=YEAR,
    destroyer="accounts.tasks.purge_login_sessions",
    trigger=_("since the log-in"),
)
THROTTLES = Retention(
    "throttle",
    _("one day"),
    longest=timedelta(days=1),
    destroyer="accounts.tasks.purge_throttles",
    trigger=_("since the next try was free"),
)
ADDRESS_CHANGES = Retention(
    "address-change",
    _("90 days"),
    longest=timedelta(days=90),
    destroyer="accounts.tasks.purge_address_changes",
    trigger=_("since the change was asked for"),
)
FINDINGS = Retention(
    "finding",
    _("two years"),
    longest=2 * YEAR,
    destroyer="accounts.tasks.purge_findings",
    trigger=_("since the sign was seen last"),
)
HOLDS = Retention(
    "hold",
    _("two years after the hold has ended"),
    longest=2 * YEAR,
    destroyer="accounts.tasks.purge_holds",
    trigger=_("since the hold ended"),
)
APPEALS = Retention(
    "appeal",
    _("until the hold ends or the account is closed, and one year at most"),
    longest=YEAR,
    destroyer="accounts.tasks.purge_appeals",
    trigger=_("since the appeal was written"),
)
RECORD_OPENINGS = Retention(
    "record-opening",
    _("one day"),
    longest=timedelta(days=1),
    destroyer="accounts.tasks.purge_record_openings",
    trigger=_("since the record was closed again"),
)
SUPPRESSIONS = Retention(
    "suppressions",
    _(
        "until you welcome announcements again; as a digest alone, and also when everything else of yours is erased, so that nobody writes to you again"
    ),
    ended_by=_("you welcome announcements again"),
)
