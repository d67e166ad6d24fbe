"""The audit log as staff see it: read, searched, never changed."""

from datetime import datetime

from django.contrib import admin
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from audit.models import AuditEvent, Seal
from privacy.staff import ReadOnlyAdmin


def to_the_second(at: datetime | None) -> str:
    """A time as staff read it where the order of events within a minute matters."""
    return date_format(localtime(at), "j F Y, H:i:s") if at else "–"


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("moment", "kind", "user", "actor", "ip", "detail")
    list_filter = ("kind", "at")
    search_fields = ("user__email_key__exact", "ip__exact")
    search_help_text = _("E-mail address or IP address, in full.")
    list_select_related = ("user", "actor")
    fields = list_display

    @admin.display(description=_("when"), ordering="at")
    def moment(self, event: AuditEvent) -> str:
        return to_the_second(event.at)


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    """For administration alone: the role of support has no permission for it."""

    list_display = ("number", "first_id", "last_id", "count", "begins", "ends", "sealed", "purged")
    list_filter = ("sealed_at",)
    fields = (*list_display, "truncated", "digest", "salt", "address_digest", "address_salt", "head")

    @admin.display(description=_("from"))
    def begins(self, seal: Seal) -> str:
        return to_the_second(seal.first_at)

    @admin.display(description=_("until"))
    def ends(self, seal: Seal) -> str:
        return to_the_second(seal.last_at)

    @admin.display(description=_("sealed"))
    def sealed(self, seal: Seal) -> str:
        return to_the_second(seal.sealed_at)

    @admin.display(description=_("addresses truncated"))
    def truncated(self, seal: Seal) -> str:
        return to_the_second(seal.truncated_at)

    @admin.display(description=_("purged"))
    def purged(self, seal: Seal) -> str:
        return to_the_second(seal.purged_at)

    @admin.display(description=_("head, for audit_verify --expect"))
    def head(self, seal: Seal) -> str:
        return seal.head
