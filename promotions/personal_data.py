from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.personal_data import CONTACT, WHILE_ACCOUNT
from accounts.personal_data.found import keys_of, matters_about
from privacy import categories, fates, purposes, sources
from privacy.areas import PROMOTIONS, RESOURCES
from privacy.clocks import Found, Since
from privacy.fates import Anonymised, Kept
from privacy.registry import FoundBy, ModelDeclaration, NotPersonal, Personal, Retention, not_personal, registry
from privacy.subjects import DataSubject
from promotions.people import PERSON, PERSON_LENGTH, abuse_key

LAPSED = Retention(
    "lapsed-registrations",
    _("30 days if it is never confirmed; otherwise as long as the account"),
    longest=timedelta(days=30),
    destroyer="promotions.tasks.purge_registrations",
    trigger=_("since the time ended in which you could confirm it"),
)
PERSONS = Retention(
    "persons-of-promotions",
    _("30 days after the promotion is over, and within the hour where no registration of the person stands"),
    longest=timedelta(days=30),
    destroyer="promotions.tasks.purge_persons",
    trigger=_("since the promotion ended or was stopped"),
)
CODES_IN_CLEAR = timedelta(hours=2)
"""How long codes of which digests alone are kept can be read once they are exported; promotions.tasks.purge_exported_codes destroys them then.
They are no personal data, so this stands in docs/upkeep.md and not in the published table of retention."""
DIGEST = _("a keyed digest of your e-mail address, which tells us whether two registrations are one person's")
OFFER = "describes what the vendor offers"


def registrants(person: DataSubject) -> Q:
    return Q(abuse_key__in=[abuse_key(address) for address in person.addresses])


def registrations(person: DataSubject) -> Q:
    return Q(user=None, email_key__in=keys_of(person))


@matters_about.append
def matters(person: DataSubject) -> list[str]:
    """Findings that one person registered too often (promotions/watching.py)."""
    return [f"{PERSON}:{abuse_key(address)[:PERSON_LENGTH]}" for address in person.addresses]


for label, names in {
    "promotions.Promotion": [
        "id",
        "title",
        "slug",
        "summary",
        "text",
        "is_published",
        "starts_at",
        "ends_at",
        "limit",
        "limit_per_person",
        "upgrade_months",
        "stopped_at",
        "stop_reason",
        "used",
        "held",
    ],
    "promotions.PromotionGrant": ["id", "promotion", "product", "edition", "units"],
    "promotions.AskedField": ["id", "promotion", "name", "is_required", "why"],
    "promotions.CodeBatch": [
        "id",
        "promotion",
        "tag",
        "label",
        "is_shared",
        "size",
        "keeps_digests_alone",
        "state",
        "made",
        "made_at",
        "exported_at",
        "clear_until",
        "destroyed_at",
        "stop_reason",
    ],
    "promotions.PromoCode": ["id", "batch", "digest", "code", "uses", "used", "held"],
}.items():
    registry.model(ModelDeclaration(label, _("Promotions"), not_personal(OFFER, names)))
registry.model(
    ModelDeclaration(
        "promotions.Registrant",
        _("How often one person registered"),
        areas=(PROMOTIONS,),
        purposes=(purposes.SECURITY,),
        retention=PERSONS,
        clock=Found("promotions.retention.useless_counters", overdue_rows="promotions.retention.counters_of_old_promotions"),
        subject=FoundBy("the keyed digest of the person's address, made anew from it"),
        finds=registrants,
        categories=(categories.IDENTIFIER,),
        sources=(sources.SITE,),
        fate=Kept(fates.CLAIMS),
        fields={
            "id": NotPersonal("a running number"),
            "promotion": Personal(_("the promotion")),
            "abuse_key": Personal(DIGEST),
            "taken": Personal(_("how many registrations you have in the promotion")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "promotions.Redemption",
        _("Your registrations for promotions"),
        areas=(PROMOTIONS, RESOURCES),
        purposes=(purposes.FULFILMENT, purposes.IDENTIFICATION, purposes.SECURITY),
        retention=LAPSED,
        clock=Since("held_until", only=Q(user=None, state__in=["lapsed", "refused", "ended"])),
        subject="user",
        finds=registrations,
        categories=(categories.POSTAL, categories.ONLINE, categories.COMPUTER, categories.ACTIVITY),
        sources=(sources.PERSON,),
        fate=Anonymised(
            dict.fromkeys((*CONTACT, "email", "email_key"), "") | {"ip": None}, fates.CLAIMS, by="promotions.erasing.anonymise"
        ),
        fields=CONTACT
        | {
            "id": NotPersonal("a running number"),
            "promotion": Personal(_("the promotion")),
            "code": Personal(_("the code")),
            "user": Personal(_("whose account it belongs to")),
            "email": Personal(_("the e-mail address that you registered with"), p3p="user.home-info.online.email"),
            "email_key": Personal(_("the same address, in the form in which addresses are compared")),
            "abuse_key": Personal(DIGEST, retention=PERSONS, clock=Found("promotions.retention.useless_digests", by="promotion__ends_at")),
            "state": Personal(_("what became of it")),
            "key": NotPersonal("a random number; the link in the mail is made from it"),
            "ip": Personal(_("the IP address that you registered from"), p3p="dynamic.clickstream.clientip.fullip"),
            "policy_version": Personal(_("which wording of the policy you saw")),
            "held_at": Personal(_("when you registered")),
            "held_until": NotPersonal("until when the registration waited for you"),
            "confirmed_at": Personal(_("when you confirmed it")),
            "is_disposable": Personal(_("whether the address is of a service for disposable addresses")),
            "ended_at": Personal(_("when we ended it")),
            "ended_by": Personal(_("which member of staff ended it, if one did")),
            "end_reason": Personal(_("why we ended it")),
            "end_text": Personal(_("what we told you of it")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "promotions.RedemptionItem",
        _("What promotions gave you"),
        areas=(PROMOTIONS, RESOURCES),
        purposes=(purposes.FULFILMENT,),
        retention=WHILE_ACCOUNT,
        subject="redemption__user",
        categories=(categories.PURCHASES,),
        sources=(sources.SITE,),
        fate=Kept(fates.CLAIMS),
        fields={
            "id": NotPersonal("a running number"),
            "redemption": Personal(_("the registration")),
            "entitlement": Personal(_("the product that it gave you")),
            "units_taken_back": Personal(_("how much of it we took back when we ended the registration")),
        },
    )
)
