"""The audit log: facts that are added and never changed (promises C6, C7)."""

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.kinds import Kind

TRIED_IN_VAIN = (Kind.LOGIN_FAILED, Kind.SECOND_FACTOR_FAILED, Kind.UNLOCK_CODE_REFUSED, Kind.PROMO_CODE_REFUSED)


class AppendOnly(Exception):
    """Somebody tried to change or delete what has happened."""


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnly("The audit log is append-only: record another event instead.")

    def bulk_create(self, *args: Any, **options: Any) -> Any:
        if options.get("update_conflicts"):
            raise AppendOnly("The audit log is append-only: record another event instead.")
        return super().bulk_create(*args, **options)

    def delete(self) -> NoReturn:
        raise AppendOnly("The audit log is append-only; audit.tasks.purge_events alone ends what is past its retention.")

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


class AuditEvent(models.Model):
    """One fact: what happened (`kind`), when, to whom (`user`), by whom (`actor`, if somebody else), and from where."""

    kind = models.CharField(_("what"), max_length=40, choices=Kind.choices)
    at = models.DateTimeField(_("when"), default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("concerning")
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("by")
    )
    ip = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["user", "-at"], name="audit_user_at"),
            models.Index(fields=["kind", "-at"], name="audit_kind_at"),
            models.Index(fields=["-at", "-id"], name="audit_at"),
            models.Index(fields=["ip", "-at"], condition=models.Q(kind__in=TRIED_IN_VAIN), name="audit_failed_ip_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.at:%Y-%m-%d %H:%M})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise AppendOnly("The audit log is append-only: record another event instead.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("The audit log is append-only; audit.tasks.purge_events alone ends what is past its retention.")
