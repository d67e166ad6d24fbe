"""Login sessions, as staff see them."""

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import LoginSession
from accounts.models.login_session import EndReason
from accounts.roles import in_role
from audit.kinds import Kind
from audit.log import record
from privacy.staff import ReadOnlyAdmin


@admin.register(LoginSession)
class LoginSessionAdmin(ReadOnlyAdmin):
    list_display = ("user", "area", "ip", "browser", "started_at", "last_seen_at", "ended_at", "end_reason")
    list_filter = ("area", "end_reason", "started_at")
    search_fields = ("user__email_key__exact", "ip__exact")
    search_help_text = _("A whole e-mail address or IP address.")
    list_select_related = ("user",)
    fields = list_display
    actions = ("end_sessions",)

    @admin.action(description=_("End these login sessions"), permissions=["end"])
    @transaction.atomic
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[LoginSession]) -> None:
        ended, role = 0, in_role(request.user)
        for session in queryset:
            if LoginSession.objects.filter(pk=session.pk).end(EndReason.ENDED_BY_STAFF):
                ended += 1
                record(Kind.LOGIN_ENDED, user=session.user, actor=request.user, request=request, login_session=session.pk, **role)
        text = ngettext("%(count)d login session was ended.", "%(count)d login sessions were ended.", ended) % {"count": ended}
        self.message_user(request, text, messages.SUCCESS)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.end_loginsession")
