"""Mails that we sent are found by their Message-ID, which the answer of a customer repeats, and a relay's log."""

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from accounts.row_search import RowSearch, register_rows
from mailroom.models import OutgoingMail


def mails(typed: str) -> QuerySet[OutgoingMail] | None:
    """With or without its brackets."""
    bare = typed.strip().strip("<>").strip()
    return OutgoingMail.objects.filter(message_id=f"<{bare}>") if "@" in bare and not set(bare) & set(" <>") else None


def words(mail: OutgoingMail) -> str:
    return f"{date_format(localtime(mail.written_at), 'DATETIME_FORMAT')}: {mail.get_state_display()}"


register_rows(
    RowSearch("mail", _("Message-ID"), _("Mails we sent"), "mailroom.view_outgoingmail", mails, words, "admin:mailroom_outgoingmail_change")
)
