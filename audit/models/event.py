"""One fact in the audit log."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.kinds import Kind, kinds
from audit.models.append_only import AppendOnlyModel
from infacta.this_age import FIRST, LAST

FOUND_BY_ADDRESS = (
    Kind.LOGIN_FAILED,
    Kind.SECOND_FACTOR_FAILED,
    Kind.UNLOCK_CODE_REFUSED,
    Kind.PROMO_CODE_REFUSED,
    Kind.PROMO_CODE_MISTYPED,
    Kind.REGISTRATION_HELD,
)
EVERYDAY = (Kind.LOGIN_SUCCEEDED, Kind.LOGIN_FAILED, Kind.LOGIN_ENDED, Kind.DOWNLOAD_TAKEN)
"""Of these somebody may have thousands; what else happened to a person is found past them."""


class AuditEvent(AppendOnlyModel):
    """One fact: what happened (`kind`), when, to whom (`user`), by whom (`actor`, if somebody else), and from where.

    The table can be cut into months (docs/decisions/audit-log.md), so no foreign key may lead here.
    """

    kind = models.CharField(_("what"), max_length=40, choices=kinds)
    at = models.DateTimeField(_("when"), default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("concerning")
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("by")
    )
    ip = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(at__gte=FIRST, at__lt=LAST), name="audit_at_is_a_time"),
        ]
        indexes = [
            models.Index(fields=["user", "-at"], name="audit_user_at"),
            models.Index(fields=["kind", "-at"], name="audit_kind_at"),
            models.Index(fields=["-at", "-id"], name="audit_at"),
            models.Index(fields=["ip", "-at"], condition=models.Q(kind__in=FOUND_BY_ADDRESS), name="audit_failed_ip_at"),
            models.Index(fields=["ip", "-at"], name="audit_ip_at"),
            models.Index(fields=["user", "-at"], condition=models.Q(actor__isnull=False), name="audit_staff_user_at"),
            models.Index(fields=["user", "-at"], condition=~models.Q(kind__in=EVERYDAY), name="audit_rare_user_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.at:%Y-%m-%d %H:%M:%S})"
