from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mailroom import found
from mailroom.provider import providers
from privacy import categories, purposes, sources
from privacy.areas import GENERAL, PROMOTIONS, RESOURCES
from privacy.clocks import Found, Since
from privacy.fates import Erased
from privacy.registry import Flow, FoundBy, Measure, ModelDeclaration, NotPersonal, Personal, Place, Retention, not_personal, registry

MAIL_RECORD = Retention(
    "mail-record",
    _("90 days"),
    longest=timedelta(days=90),
    destroyer="mailroom.tasks.purge_mails",
    trigger=_("since the mail was written"),
)
MAIL_BODY = Retention(
    "mail-body",
    _("until the mail is sent; if it cannot be sent, seven days"),
    longest=timedelta(days=7),
    destroyer="mailroom.tasks.purge_mails",
    trigger=_("since the mail was written"),
    p3p="stated-purpose",
)

registry.model(
    ModelDeclaration(
        "mailroom.OutgoingMail",
        _("Mails that we sent you"),
        areas=(PROMOTIONS, RESOURCES),
        purposes=(purposes.FULFILMENT, purposes.ACCOUNT, purposes.HELP),
        recipients=providers,
        retention=MAIL_RECORD,
        clock=Since("written_at"),
        subject="user",
        finds=found.outgoing,
        categories=(categories.ONLINE, categories.WORDS),
        sources=(sources.SITE, sources.STAFF),
        fate=Erased(by="mailroom.erasing.destroy"),
        fields=not_personal("state of the delivery", ["id", "state", "attempts", "next_try_at", "lease_until", "lease_token"])
        | {
            "user": Personal(_("whose account the mail concerns")),
            "to": Personal(_("the address it went to"), p3p="user.home-info.online.email"),
            "subject": Personal(_("its subject")),
            "text": Personal(
                _("its text, with unlock codes and links"), MAIL_BODY, clock=Found("mailroom.retention.unsent_bodies", by="written_at")
            ),
            "html": Personal(_("the same text as HTML"), MAIL_BODY),
            "reply_to": Personal(_("where an answer goes"), MAIL_BODY),
            "in_reply_to": Personal(_("the number of the mail that it belongs to"), MAIL_BODY),
            "attached": Personal(_("which file is enclosed; never its bytes"), MAIL_BODY),
            "cause": Personal(_("what it was about")),
            "answer": Personal(_("what the mail server answered")),
            "written_at": Personal(_("when it was written")),
            "sent_at": Personal(_("when it was sent")),
            "message_id": NotPersonal("a random identifier"),
        },
    )
)

INCOMING_RECORD = Retention(
    "incoming-mail-record",
    _("90 days after it was dealt with"),
    longest=timedelta(days=90),
    destroyer="mailroom.tasks.purge_incoming_mails",
    trigger=_("since the mail was dealt with"),
)
INCOMING_BODY = Retention(
    "incoming-mail-body",
    _("until the mail is dealt with, as a rule within seconds; one that nobody here expects waits until a member of staff has decided"),
    ended_by=_("a handler took the mail, or staff discarded it"),
)
INCOMING_PRIVATE = Retention(
    "incoming-mail-to-support",
    _("30 days, if you wrote to support"),
    longest=timedelta(days=30),
    destroyer="mailroom.tasks.purge_incoming_mails",
    trigger=_("since the mail came"),
)
INCOMING_FILES = Retention(
    "incoming-mail-files",
    _("until the mail is dealt with, or waits for a member of staff"),
    ended_by=_("a handler took the mail, or it went to quarantine"),
)
registry.model(
    ModelDeclaration(
        "mailroom.IncomingMail",
        _("Mails that came to the site, such as order mails of partners and what you write to support"),
        areas=(GENERAL,),
        purposes=(purposes.FULFILMENT, purposes.HELP),
        retention=INCOMING_RECORD,
        clock=Since("settled_at"),
        subject=FoundBy("the address in its sender, and for order mails the order; its text is sealed and destroyed once dealt with"),
        finds=found.incoming,
        unfound=_(
            "mails to support, which keep no address in plain: they are in your cases within seconds; and order mails, whose sender is the partner"
        ),
        encloses=found.enclosed,
        categories=(categories.ONLINE, categories.WORDS),
        sources=(sources.PERSON, sources.PARTNER),
        fate=Erased(by="mailroom.erasing.destroy_incoming"),
        fields=not_personal("state of the work", ["id", "digest", "state", "reason", "handler", "breaks"])
        | {
            "message_id": Personal(_("the number that the sender's mail program gave it; not of mails to support")),
            "sender": Personal(_("the sender's address; not of mails to support"), p3p="user.home-info.online.email"),
            "subject": Personal(_("its subject, without card data; not of mails to support")),
            "source": Personal(_("its text, sealed and without card data"), INCOMING_BODY, shown=found.text_of),
            "files": Personal(_("files of a mail to support, sealed"), INCOMING_FILES, shown=found.files_of),
            "is_private": Personal(
                _("whether you wrote it to support; then its text goes after 30 days even if nobody has decided"),
                INCOMING_PRIVATE,
                clock=Since("received_at", only=Q(state="quarantined", is_private=True)),
            ),
            "received_at": Personal(_("when it came")),
            "settled_at": Personal(_("when it was dealt with")),
        },
    )
)
registry.measure(Measure("emptied-mails", _("The text of a mail is destroyed as soon as it is sent")))

registry.flow(
    Flow(
        "mails",
        areas=(),
        text=_("mails to you on their way: at the mail server that carries them, and then in your mailbox, which is yours"),
        retention=MAIL_BODY,
        places=(Place("EMAIL_BACKEND", unerased="what was handed to the mail server lies in the person's own mailbox"),),
    )
)
registry.flow(
    Flow(
        "mail-files",
        areas=(),
        text=_("mails as files in a folder, only where this site is tried out and has no mail server"),
        retention=Retention("mail-files", _("as long as it is tried out"), ended_by=_("whoever tries it out empties the folder")),
        places=(Place("MAIL_DIR", eraser="mailroom.erasing.destroy"),),
    )
)
registry.flow(
    Flow(
        "maildir",
        areas=(),
        text=_("mails to the site, where its mail server lays them down"),
        retention=Retention(
            "maildir",
            _("until the site has read them, as a rule within ten seconds"),
            ended_by=_("the site reads them, and removes the file"),
        ),
        places=(Place("MAILDIR", unerased="what comes is read within seconds, and then it is a row"),),
    )
)
