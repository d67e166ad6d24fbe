"""What belongs to no app of ours: Django's table of models, and the standard web log."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from privacy import categories, purposes
from privacy.areas import AREAS
from privacy.registry import Cookie, Flow, ModelDeclaration, Retention, not_personal, registry

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
        purpose=_("holds a form together while you fill it in; it says nothing about you"),
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
    )
)

registry.model(
    ModelDeclaration(
        "contenttypes.ContentType", _("Kinds of record"), not_personal("names the site's own tables", ["id", "app_label", "model"])
    )
)
