from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from privacy import purposes
from privacy.areas import PROMOTIONS, RESOURCES
from privacy.registry import ModelDeclaration, NotPersonal, Personal, Retention, not_personal, registry

MAIL_RECORD = Retention("mail-record", _("90 days"), longest=timedelta(days=90), destroyer="mailroom.tasks.purge_mails")
MAIL_BODY = Retention(
    "mail-body",
    _("until the mail is sent; if it cannot be sent, seven days"),
    longest=timedelta(days=7),
    destroyer="mailroom.tasks.purge_mails",
)

registry.model(
    ModelDeclaration(
        "mailroom.OutgoingMail",
        _("Mails that we sent you"),
        areas=(PROMOTIONS, RESOURCES),
        purposes=(purposes.FULFILMENT, purposes.ACCOUNT),
        retention=MAIL_RECORD,
        subject="user",
        fields=not_personal("state of the delivery", ["id", "state", "attempts", "next_try_at", "lease_until", "lease_token"])
        | {
            "user": Personal(_("whose account the mail concerns")),
            "to": Personal(_("the address it went to")),
            "subject": Personal(_("its subject")),
            "text": Personal(_("its text, with unlock codes and links"), MAIL_BODY),
            "html": Personal(_("the same text as HTML"), MAIL_BODY),
            "cause": Personal(_("what it was about")),
            "answer": Personal(_("what the mail server answered")),
            "written_at": Personal(_("when it was written")),
            "sent_at": Personal(_("when it was sent")),
            "message_id": NotPersonal("a random identifier"),
        },
    )
)
