"""Incoming mails as staff see them, and above all the quarantine: what nobody expected, or what a profile could not read.

It stands here and not in the mailroom, for what staff decide is recorded in the audit log, of which the mailroom knows nothing.
"""

import re
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit.kinds import Kind
from audit.log import record
from infacta.paging import number_in
from infacta.sealed_text import CannotOpen
from mailroom import incoming
from mailroom.models import IncomingMail, IncomingState
from mailroom.opening import Mail
from privacy.staff import ReadOnlyAdmin

MOST_SHOWN = 20_000
SECRET_IN_ADDRESS = re.compile(r"\+[^@\s+]+@")


@admin.register(IncomingMail)
class IncomingMailAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "subject", "sender", "state", "reason", "handler")
    list_filter = ("state", "received_at")
    list_per_page = 50
    search_fields = ("subject__words", "sender__exact", "message_id__exact")
    search_help_text = gettext_lazy("Words of the subject, or the sender's whole address or Message-ID.")
    fields = ("received_at", "state", "reason", "handler", "settled_at", "sender", "subject", "message_id", "text")
    readonly_fields = ("text",)
    actions = ("try_again", "discard")

    def get_queryset(self, request: HttpRequest) -> QuerySet[IncomingMail]:
        """Without the files, which nobody sees here and which may be large."""
        return super().get_queryset(request).defer("files")

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """What somebody wrote to support is read here without a case that anybody works on: so it is recorded."""
        response = super().change_view(request, object_id, form_url, extra_context)
        row = IncomingMail.objects.filter(pk=number_in(object_id), is_private=True).exclude(source="").first()
        if row:
            record(Kind.MAIL_READ, request=request, actor=request.user, mail=row.pk)
        return response

    @admin.display(description=gettext_lazy("the mail, without card data"))
    def text(self, row: IncomingMail) -> SafeString | str:
        """As handlers read it; secrets in addresses are left out."""
        try:
            mail = row.mail
        except CannotOpen:
            return _("It was sealed with a SECRET_KEY that this site does not have any more.")
        return format_html("<pre>{}</pre>", shown(mail)) if mail else _("Destroyed, for it was dealt with.")

    @admin.action(description=gettext_lazy("Try again: offer these to the handlers once more"), permissions=["handle"])
    def try_again(self, request: HttpRequest, chosen: QuerySet[IncomingMail]) -> None:
        ids = self._decide(request, chosen, Kind.MAIL_RETRIED)
        for mail_id in ids:
            incoming.handle(mail_id)
        taken = IncomingMail.objects.filter(pk__in=ids, state=IncomingState.TAKEN).count()
        said = ngettext("%(tried)d mail was tried again, ", "%(tried)d mails were tried again, ", len(ids)) % {"tried": len(ids)}
        said += ngettext("%(taken)d was taken.", "%(taken)d were taken.", taken) % {"taken": taken}
        self.message_user(request, said, messages.SUCCESS if taken else messages.WARNING)

    @admin.action(description=gettext_lazy("Discard: nothing is to be done for these; their text is destroyed"), permissions=["handle"])
    def discard(self, request: HttpRequest, chosen: QuerySet[IncomingMail]) -> None:
        count = len(self._decide(request, chosen, Kind.MAIL_DISCARDED))
        said = ngettext("%d mail is discarded.", "%d mails are discarded.", count) % count
        self.message_user(request, said, messages.SUCCESS if count else messages.WARNING)

    @transaction.atomic
    def _decide(self, request: HttpRequest, chosen: QuerySet[IncomingMail], kind: Kind) -> list[int]:
        """Do what staff decided for those of the chosen mails that are in quarantine, and record who decided; returns their ids."""
        rows = IncomingMail.objects.filter(state=IncomingState.QUARANTINED, pk__in=chosen.values("pk"))
        ids = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
        decided = IncomingMail.objects.filter(pk__in=ids)
        if kind == Kind.MAIL_DISCARDED:
            decided.discard()
        else:
            decided.try_again()
        for mail_id in ids:
            record(kind, request=request, actor=request.user, mail=mail_id)
        return ids

    def has_handle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("mailroom.change_incomingmail")


def shown(mail: Mail) -> str:
    headers = "\n".join(f"{name.title()}: {value}" for name, value in mail.headers)
    attached = "".join(f"\n[{kind}]" for kind in mail.attachments)
    return SECRET_IN_ADDRESS.sub("+…@", f"{headers}\n\n{mail.text[:MOST_SHOWN]}{attached}")
