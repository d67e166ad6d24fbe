from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from audit.details import KEYS
from privacy import categories, fates, purposes, sources
from privacy.areas import AREAS
from privacy.clocks import Found
from privacy.fates import Kept
from privacy.registry import Flow, Measure, ModelDeclaration, NotPersonal, Personal, Retention, not_personal, registry

# Whole months go at once: `longest` is what the first moment of a month comes to. audit.retention has the rule to the day.
AUDIT_LOG = Retention(
    "audit-log",
    _("two years from the end of the month"),
    longest=timedelta(days=2 * 366 + 31),
    destroyer="audit.tasks.purge_events",
    trigger=_("since the first moment of the month in which it happened"),
)
ADDRESSES = Retention(
    "audit-address",
    _("IP addresses in full for one year, and then without their last part for as long as the record they stand in"),
    longest=timedelta(days=365),
    destroyer="audit.tasks.truncate_addresses",
    trigger=_("since it happened"),
)

NOTED = registry.flow(
    Flow(
        "audit-log",
        areas=AREAS,
        text=_(
            "what you did just now, the time and, in full for one year, your IP address, in the record of log-ins, downloads and changes"
        ),
        retention=AUDIT_LOG,
        into="audit.AuditEvent",
    )
)

registry.model(
    ModelDeclaration(
        "audit.AuditEvent",
        _("Record of log-ins, downloads and changes"),
        areas=AREAS,
        purposes=(purposes.SECURITY, purposes.ADMINISTRATION),
        retention=AUDIT_LOG,
        clock=Found("audit.retention.past_their_months", by="at"),
        subject="user",
        unfound=_(
            "what happened without an account, such as a log-in that failed, or that a mailbox of nobody's account left the group: such entries name nobody"
        ),
        categories=(categories.ACTIVITY, categories.COMPUTER),
        sources=(sources.SITE, sources.STAFF),
        fate=Kept(fates.SAFETY),
        fields={
            "id": NotPersonal("a running number"),
            "kind": Personal(_("what happened")),
            "at": Personal(_("when it happened")),
            "user": Personal(_("whose account it concerns")),
            "actor": Personal(_("which member of staff did it, if one did")),
            "ip": Personal(
                _("the IP address it came from"),
                ADDRESSES,
                clock=Found("audit.retention.with_full_addresses", by="at"),
                p3p="dynamic.clickstream.clientip",
            ),
            "detail": Personal(_("which product, file or order it concerned, and what staff opened your record for"), keys=KEYS),
        },
    )
)
registry.model(
    ModelDeclaration(
        "audit.Seal",
        _("Seals of the audit log"),
        not_personal(
            "says which events a batch had, and when", ["id", "number", "first_id", "last_id", "count", "first_at", "last_at", "sealed_at"]
        )
        | not_personal("a digest: nobody can guess at what is behind it once the salt is destroyed", ["digest", "address_digest", "hash"])
        | not_personal("random; destroyed with what it salts", ["salt", "address_salt"])
        | not_personal("when retention was executed", ["truncated_at", "purged_at"]),
    )
)
registry.measure(
    Measure(
        "audit-log",
        _("Log-ins, downloads, changes and what staff do are recorded in a log that is only added to, and sealed so that a change shows"),
    )
)
