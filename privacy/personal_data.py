"""What belongs to no app of ours: Django's table of models, and the standard web log."""

from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from infacta.filled_in import filled_in
from privacy import categories, purposes
from privacy.areas import AREAS
from privacy.cookies import Cookie
from privacy.registry import Flow, Measure, ModelDeclaration, NotPersonal, Place, Recipient, Retention, not_personal, registry

WEB_LOG = Retention(
    "web-log",
    _("30 days"),
    ended_by=_("the log rotation that the operator of the server has set up"),
)
SESSION_DATA = Retention(
    "session",
    _("until you close the browser; on our side two days at most"),
    longest=timedelta(days=2),
    destroyer="accounts.tasks.purge_sessions",
    trigger=_("since your browser changed it last"),
    p3p="stated-purpose",
)

SESSION = registry.cookie(
    Cookie(
        "session",
        prefix="__Host-",
        path="/",
        life=None,
        areas=AREAS,
        content=_("a random number"),
        opens=("sessions.Session",),
        purpose=_("holds a form together while you fill it in, and a language that you choose; it says nothing about you"),
    )
)

registry.flow(
    Flow(
        "web-log",
        areas=AREAS,
        text=_("the page, the time, your IP address and your browser's name, in the web server's log"),
        retention=WEB_LOG,
        always=True,
        purposes=(purposes.ADMINISTRATION,),
        categories=(categories.NAVIGATION, categories.COMPUTER),
        p3p=("dynamic.clickstream", "dynamic.http.useragent"),
    )
)
APPLICATION_LOG = registry.flow(
    Flow(
        "application-log",
        areas=AREAS,
        text=_("the page and the time, in the site's own log, because something went wrong"),
        retention=WEB_LOG,
        purposes=(purposes.ADMINISTRATION,),
        categories=(categories.NAVIGATION,),
        p3p=("dynamic.clickstream.uri", "dynamic.clickstream.timestamp"),
        places=(
            Place("LOGGING.console", unerased="names nobody's account; the operator's rotation ends it"),
            *((Place("LOGGING.error_mail", unerased="names nobody's account"),) if settings.ERROR_MAIL_TO else ()),
        ),
    )
)
registry.place("ERROR_MAILS_DIR", NotPersonal("digests of places in the site's own program, and how often something broke there"))
if settings.SENTRY_DSN:
    ERROR_SERVICE = registry.recipient(
        Recipient(
            "error-service",
            settings.SENTRY_HOST,
            _("shows us the errors of this site, so that we can mend them"),
            settings.SENTRY_POLICY_URL,
            is_agent=True,
        )
    )
    registry.flow(
        Flow(
            "error-reports",
            areas=AREAS,
            text=_("when something breaks: the kind of page and the time, at the service that shows us errors"),
            retention=Retention(
                "error-reports",
                _("90 days"),
                ended_by=_("the service that shows us errors, as we have set it up"),
            ),
            recipients=(ERROR_SERVICE,),
            purposes=(purposes.ADMINISTRATION,),
            categories=(categories.NAVIGATION,),
            p3p=("dynamic.clickstream.timestamp",),
        )
    )

BACKUPS = Retention(
    "backups",
    filled_in(
        ngettext_lazy(
            "what is destroyed here is in no backup any more after %(days)d day",
            "what is destroyed here is in no backup any more after %(days)d days",
            "days",
        ),
        {"days": settings.SUPPORT_BACKUP_DAYS},
    ),
    ended_by=_("the operator's backups, which are written over in turn"),
)
WRITTEN_OVER = "written over in turn; whoever was erased is erased again before a restored one serves"
registry.flow(
    Flow(
        "backups",
        areas=(),
        text=_("copies of everything that this site keeps, but for the keys of support cases, for the day on which a disk breaks"),
        retention=BACKUPS,
        places=(
            Place("SUPPORT_BACKUP_DAYS", unerased=WRITTEN_OVER),
            Place("BACKUP_DIR", unerased=WRITTEN_OVER),
        ),
    )
)
registry.place("BASE_DIR", NotPersonal("holds the site's own program"))
registry.place("DATA_DIR", NotPersonal("holds the folders that are declared one by one"))
registry.place("STATIC_ROOT", NotPersonal("holds style sheets, scripts and pictures of the site"))

registry.model(
    ModelDeclaration(
        "contenttypes.ContentType", _("Kinds of record"), not_personal("names the site's own tables", ["id", "app_label", "model"])
    )
)
registry.model(
    ModelDeclaration(
        "privacy.PolicyVersion",
        _("Versions of the policies"),
        not_personal(
            "what the site published of itself, for everybody to read", ["id", "key", "area", "digest", "number", "published_at", "texts"]
        ),
    )
)
registry.measure(
    Measure(
        "encrypted-transport",
        _("Pages travel encrypted: over HTTPS alone, which browsers are told to insist on (HSTS)")
        if settings.HTTPS
        else _("Pages travel unencrypted: this installation is no public one"),
    )
)
registry.measure(
    Measure(
        "declared-alone",
        _(
            "What is not declared is not kept: the site does not start with an undeclared field, and an undeclared cookie is stopped on its way out"
        ),
    )
)
registry.measure(
    Measure("strict-pages", _("Browsers run no script and load nothing but what the site itself serves (Content Security Policy)"))
)
registry.model(
    ModelDeclaration(
        "privacy.RetentionRun",
        _("When retention was last executed"),
        not_personal(
            "says of each destroyer when it last ran, how many rows went, and what broke it; names no row",
            ["id", "destroyer", "began_at", "ended_at", "seconds", "rows", "left", "overdue", "problem", "tries", "lease_until"],
        ),
    )
)

for label, title, reason, names in (
    (
        "privacy.PromiseFinding",
        _("What was found about the promises"),
        "counts, and names parts of the site and numbers of cases",
        ["id", "promise", "check_name", "outcome", "evidence", "looked_at"],
    ),
    ("privacy.PromiseState", _("How the promises stand"), "speaks of the site", ["promise", "outcome", "since", "looked_at"]),
    (
        "privacy.PromiseChange",
        _("How the promises stood"),
        "counts, and names parts of the site and numbers of cases",
        ["id", "promise", "outcome", "evidence", "at"],
    ),
    (
        "privacy.SweepRun",
        _("When workers worked"),
        "speaks of the site's own work",
        ["task", "first_at", "ended_at", "failed_at", "problem"],
    ),
    (
        "privacy.RefusedCookie",
        _("Cookies that were stopped"),
        "names cookies that a fault of the site's tried to set, and nobody's",
        ["id", "area", "name", "times", "first_at", "last_at"],
    ),
):
    registry.model(ModelDeclaration(label, title, not_personal(reason, names)))
