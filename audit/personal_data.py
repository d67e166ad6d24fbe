from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from privacy import purposes
from privacy.areas import AREAS, GENERAL, RESOURCES, STAFF
from privacy.registry import Flow, ModelDeclaration, NotPersonal, Personal, Retention, registry

AUDIT_LOG = Retention("audit-log", _("two years"), longest=timedelta(days=730), destroyer="audit.tasks.purge_events")

NOTED = registry.flow(
    Flow(
        "audit-log",
        areas=AREAS,
        text=_("what you did just now, the time and your IP address, in the record of log-ins, downloads and changes"),
        retention=AUDIT_LOG,
    )
)

registry.model(
    ModelDeclaration(
        "audit.AuditEvent",
        _("Record of log-ins, downloads and changes"),
        areas=(GENERAL, RESOURCES, STAFF),
        purposes=(purposes.SECURITY, purposes.ADMINISTRATION),
        retention=AUDIT_LOG,
        subject="user",
        fields={
            "id": NotPersonal("a running number"),
            "kind": Personal(_("what happened")),
            "at": Personal(_("when it happened")),
            "user": Personal(_("whose account it concerns")),
            "actor": Personal(_("which member of staff did it, if one did")),
            "ip": Personal(_("the IP address it came from")),
            "detail": Personal(_("which product, file or order it concerned, and what staff opened your record for")),
        },
    )
)
