from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.personal_data.found import keys_of
from accounts.personal_data.retention import SUPPRESSIONS
from mailroom.provider import providers
from privacy import categories, fates, purposes, sources
from privacy.areas import GENERAL, RESOURCES
from privacy.clocks import Found, Since
from privacy.fates import Anonymised, Erased, Kept
from privacy.registry import Flow, FoundBy, ModelDeclaration, NotPersonal, Personal, Retention, not_personal, registry
from privacy.subjects import DataSubject

YEAR = timedelta(days=365)
SUBSCRIPTIONS = Retention(
    "subscriptions",
    _("as long as you belong to the group, and one year more as a proof; what is not confirmed is deleted after 7 days"),
    longest=YEAR,
    destroyer="announcements.tasks.purge_subscriptions",
    trigger=_("since you left the group"),
)
MAILBOXES = Retention(
    "mailboxes",
    _("as long as announcements may go there; of an address that is erased a digest stays, so that nobody writes there again"),
    ended_by=_("the address is erased on request"),
)
DELIVERIES = Retention(
    "deliveries",
    _("one year"),
    longest=YEAR,
    destroyer="announcements.tasks.purge_deliveries",
    trigger=_("since the announcement was sent"),
)
BOUNCES = Retention(
    "bounces",
    _("one year"),
    longest=YEAR,
    destroyer="announcements.tasks.purge_bounces",
    trigger=_("since it came back"),
)
SUBSCRIBER_FILES = Retention(
    "subscriber-files",
    _("until they are imported, line by line; what nobody imports is destroyed after a day"),
    longest=timedelta(days=1),
    destroyer="announcements.tasks.purge_subscriber_files",
    trigger=_("since the file was uploaded"),
)
BY_ADDRESS = FoundBy("the e-mail address")


def mailboxes(person: DataSubject) -> Q:
    return Q(user=None, email_key__in=keys_of(person))


def of_mailbox(person: DataSubject) -> Q:
    return Q(mailbox__user=None, mailbox__email_key__in=keys_of(person))


def subscriptions(person: DataSubject) -> Q:
    return Q(email_key__in=keys_of(person))


JOINED = registry.flow(
    Flow(
        "joining",
        areas=(GENERAL,),
        text=_(
            "that you join the announcement group: your e-mail address, unless it belongs already, the page, the words and the language that "
            "you saw, the time and your IP address"
        ),
        retention=SUBSCRIPTIONS,
        into="announcements.Subscription",
    )
)
CHOSEN = registry.flow(
    Flow(
        "topics",
        areas=(GENERAL, RESOURCES),
        text=_("which announcements you want to hear of, with your address"),
        retention=MAILBOXES,
        into="announcements.Mailbox",
    )
)
LEFT = registry.flow(
    Flow(
        "leaving",
        areas=(GENERAL, RESOURCES),
        text=_("that you want no announcements: a digest of your address"),
        retention=SUPPRESSIONS,
        into="accounts.Suppression",
    )
)

registry.model(
    ModelDeclaration(
        "announcements.Mailbox",
        _("Addresses that announcements go to"),
        areas=(GENERAL, RESOURCES),
        purposes=(purposes.ANNOUNCEMENTS_TO_CUSTOMERS, purposes.ANNOUNCEMENTS_JOINED),
        recipients=providers,
        retention=MAILBOXES,
        subject="user",
        finds=mailboxes,
        categories=(categories.ONLINE, categories.CHOICES),
        sources=(sources.PERSON,),
        fate=Anonymised({"email": "", "email_key": None, "user": None}, fates.REFUSAL, by="announcements.erasing.erase_mailboxes"),
        fields={
            "id": NotPersonal("a running number"),
            "email": Personal(_("your e-mail address"), p3p="user.home-info.online.email"),
            "email_key": Personal(_("the same address, in the form in which addresses are compared")),
            "digest": Personal(_("a digest of it, which stays when the address is erased")),
            "token": NotPersonal("a random number; the links in mails are made from it"),
            "user": Personal(_("whose account it belongs to")),
            "wants_releases": Personal(_("whether you want to hear of new products and versions")),
            "wants_updates": Personal(_("whether you want to hear of updates and corrections")),
            "wants_offers": Personal(_("whether you want to hear of special offers")),
            "soft_bounces": Personal(_("how many mails in a row did not arrive there")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "announcements.Subscription",
        _("That you joined the announcement group"),
        areas=(GENERAL,),
        purposes=(purposes.ANNOUNCEMENTS_JOINED,),
        retention=SUBSCRIPTIONS,
        clock=Found("announcements.retention.subscriptions", by="asked_at"),
        subject=BY_ADDRESS,
        finds=subscriptions,
        categories=(categories.ONLINE, categories.COMPUTER, categories.CHOICES),
        sources=(sources.PERSON, sources.ELSEWHERE),
        fate=Erased(by="announcements.erasing.forget_subscriptions"),
        fields={
            "id": NotPersonal("a running number"),
            "email": Personal(_("the e-mail address that joined"), p3p="user.home-info.online.email"),
            "email_key": Personal(_("the same address, in the form in which addresses are compared")),
            "state": Personal(_("whether it was confirmed, and whether you left")),
            "basis": Personal(_("how you joined")),
            "source": Personal(_("where you joined")),
            "wording": Personal(_("which words you saw")),
            "policy_version": Personal(_("which wording of the policy was published then")),
            "language": Personal(_("in which language")),
            "ip": Personal(_("the IP address that you asked from"), p3p="dynamic.clickstream.clientip.fullip"),
            "confirmed_ip": Personal(_("the IP address that you confirmed from"), p3p="dynamic.clickstream.clientip.fullip"),
            "key": NotPersonal("a random number; the link in the mail is made from it"),
            "asked_at": Personal(_("when you asked")),
            "confirmed_at": Personal(_("when you confirmed")),
            "left_at": Personal(_("when you left")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "announcements.Delivery",
        _("Announcements that went to you"),
        areas=(GENERAL, RESOURCES),
        purposes=(purposes.ANNOUNCEMENTS_TO_CUSTOMERS, purposes.ANNOUNCEMENTS_JOINED),
        recipients=providers,
        retention=DELIVERIES,
        clock=Found("announcements.retention.deliveries", by="settled_at"),
        subject="mailbox__user",
        finds=of_mailbox,
        categories=(categories.ACTIVITY,),
        sources=(sources.SITE, sources.MAIL_SERVER),
        fate=Erased(by="announcements.erasing.forget_deliveries"),
        fields=not_personal("state of the delivery", ["id", "attempts", "next_try_at", "lease_until", "lease_token"])
        | {
            "announcement": Personal(_("which announcement")),
            "mailbox": Personal(_("the address that it went to")),
            "basis": Personal(_("why it went there")),
            "state": Personal(_("what became of it")),
            "answer": Personal(_("what the mail server answered")),
            "settled_at": Personal(_("when")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "announcements.Bounce",
        _("Reports that an announcement did not reach you, or was not wanted"),
        areas=(GENERAL, RESOURCES),
        purposes=(purposes.ANNOUNCEMENTS_TO_CUSTOMERS, purposes.ANNOUNCEMENTS_JOINED),
        retention=BOUNCES,
        clock=Since("at"),
        subject="mailbox__user",
        finds=of_mailbox,
        categories=(categories.ACTIVITY,),
        sources=(sources.MAIL_SERVER,),
        fate=Erased(by="announcements.erasing.forget_bounces"),
        fields={
            "id": NotPersonal("a running number"),
            "mailbox": Personal(_("the address")),
            "announcement": Personal(_("which announcement")),
            "kind": Personal(_("what happened")),
            "status": Personal(_("the mail server's status")),
            "detail": Personal(_("what the mail server said")),
            "event_key": NotPersonal("tells whether a report was counted already"),
            "at": Personal(_("when")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "announcements.SubscriberFilePiece",
        _("Lists of people who joined elsewhere, while staff bring them in"),
        areas=(GENERAL,),
        purposes=(purposes.ANNOUNCEMENTS_JOINED,),
        retention=SUBSCRIBER_FILES,
        clock=Found("announcements.retention.forgotten_lines", by="file__uploaded_at"),
        subject=FoundBy("the e-mail address in a line; as a rule it is gone within minutes"),
        unfound=_("all: lines of other people stand beside yours, and within minutes yours is a subscription, which the report has"),
        categories=(categories.ONLINE,),
        sources=(sources.ELSEWHERE,),
        fate=Kept(fates.SOON_GONE),
        fields=not_personal("which part of which file", ["id", "file", "number", "first_line"])
        | {"text": Personal(_("lines with e-mail addresses, and how and when their owners joined"))},
    )
)
registry.model(
    ModelDeclaration(
        "announcements.SubscriberFile",
        _("Files of subscribers"),
        not_personal(
            "says how many lines a file had, and which of them were refused why; repeats nothing of them",
            [
                *("id", "name", "state", "delimiter", "columns", "rows", "next_piece", "looked_at"),
                *("new", "known", "suppressed", "refused", "refusals", "uploaded_at", "ended_at"),
            ],
        )
        | not_personal("which member of staff brought it in; kept as long as the numbers", ["uploaded_by"]),
    )
)
TOLD = "describes what the vendor tells"
registry.model(
    ModelDeclaration(
        "announcements.Announcement",
        _("Announcements"),
        not_personal(
            TOLD,
            [
                *("id", "subject", "preheader", "body", "topic", "language", "is_public", "slug"),
                *("state", "state_before_pause", "pause_reason", "version"),
                *("released_at", "send_at", "frozen_subject", "frozen_text", "frozen_html", "last_user", "last_subscription"),
                *("began_at", "ended_at", "total", "sent", "failed", "skipped", "unknown", "bounced", "complained", "left"),
            ],
        )
        | not_personal("which member of staff wrote and released it; kept as long as the announcement", ["written_by", "released_by"]),
    )
)
for label, names in {
    "announcements.Announcement_products": ["id", "announcement", "product"],
    "announcements.Announcement_releases": ["id", "announcement", "release"],
    "announcements.Condition": ["id", "announcement", "audience", "value"],
    "announcements.Relay": ["name", "free_at"],
}.items():
    registry.model(ModelDeclaration(label, _("Announcements"), not_personal(TOLD, names)))
