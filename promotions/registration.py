"""Registering for a promotion: a use is held, the mailbox is proved, and then it is granted (promise R3).

Every counter moves by one conditional statement, so that no load uses more than there is. The rows are always taken in the same order —
registration, person, code, account, promotion — and the promotion, for which everybody waits, comes last.
"""

import logging
from dataclasses import dataclass

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from accounts.addresses import address_key
from accounts.contact import Contact
from accounts.limits import PROMO_MAILS
from accounts.models import Throttle
from audit.kinds import Kind
from audit.log import record
from downloads.fulfilment import Line, Source, fulfil
from downloads.models.allowance import Actor
from downloads.unlock_code_format import LOOK_ALIKES, SYMBOLS
from mailroom.outgoing import write
from promotions.models import BatchState, PromoCode, Promotion, Redemption, RedemptionItem, RedemptionState, Registrant, Stage
from promotions.people import abuse_key
from promotions.personal_data import POLICY_VERSION

log = logging.getLogger(__name__)
LINKS = Signer(salt="promotions.registration.link")
TYPED_LENGTH = 8
BATCH = 500


class NotPossible(Exception):
    """There is no registration to be had; the message tells the visitor why, and of other codes it says nothing."""


@dataclass(frozen=True)
class Origin:
    """Where a registration comes from."""

    ip: str | None


@transaction.atomic
def register(promotion: Promotion, code: PromoCode, contact: Contact, origin: Origin) -> Redemption:
    """Hold one use for this person and mail them how to confirm it. Who is registered already is mailed what they have; NotPossible if none is left."""
    refuse_early(promotion, contact)
    person = registrant_of(promotion, contact.email)
    if earlier := Redemption.objects.standing(promotion, address_key(contact.email)).first():
        remind(earlier)
        return earlier
    if person.taken >= promotion.limit_per_person:
        raise NotPossible(_("You have registered for this promotion as often as one person may."))
    Registrant.objects.filter(pk=person.pk).update(taken=F("taken") + 1)
    if code.uses is not None and not PromoCode.objects.filter(pk=code.pk).hold_one():
        raise NotPossible(_("This code has been used already."))
    held = Redemption(
        promotion=promotion,
        code=code,
        email=contact.email,
        email_key=address_key(contact.email),
        abuse_key=person.abuse_key,
        ip=origin.ip,
        policy_version=POLICY_VERSION,
        held_until=timezone.now() + Redemption.HOLD,
    )
    held.fill_in(contact)
    held.save(force_insert=True)
    mail_confirmation(held, cause=f"registration:{held.key}")
    if not Promotion.objects.filter(pk=promotion.pk).hold_one(timezone.now()):
        promotion.refresh_from_db()
        raise NotPossible(why_closed(promotion))
    return held


def refuse_early(promotion: Promotion, contact: Contact) -> None:
    """Tell a crowd that comes too late before anything is locked, written or rendered for it. What decides is the statement that holds a use."""
    if Promotion.objects.filter(pk=promotion.pk).with_room(timezone.now()).exists():
        return
    if not Redemption.objects.standing(promotion, address_key(contact.email)).exists():
        promotion.refresh_from_db()
        raise NotPossible(why_closed(promotion))


def registrant_of(promotion: Promotion, email: str) -> Registrant:
    """The person in this promotion, locked: of many registrations of one person at once, one goes first."""
    key = abuse_key(email)
    Registrant.objects.get_or_create(promotion=promotion, abuse_key=key)
    return Registrant.objects.select_for_update().get(promotion=promotion, abuse_key=key)


def why_closed(promotion: Promotion) -> str:
    """Why nobody can register, kindly."""
    if promotion.stage == Stage.SCHEDULED:
        return _("This promotion has not begun yet.")
    if promotion.stage == Stage.STOPPED:
        return _("This promotion was stopped.")
    if promotion.stage == Stage.ENDED:
        return _("This promotion is over.")
    return _("All places of this promotion are taken at the moment. If somebody does not confirm theirs, it is free again within the hour.")


def code_for(promotion: Promotion, symbols: str) -> PromoCode:
    """The promotion's code of these symbols; NotPossible if it opens nothing."""
    code = PromoCode.objects.of(promotion, symbols)
    if code is None:
        raise NotPossible(_("This is no code of this promotion. Please look at it once more."))
    if code.batch.state == BatchState.STOPPED:
        raise NotPossible(_("This code is not valid any more."))
    return code


def remind(redemption: Redemption) -> None:
    """The same person again: the first result is theirs, and a mail says so; not more often than a limit allows."""
    if not Throttle.objects.admit(PROMO_MAILS, str(redemption.key)):
        return
    cause = f"registration:{redemption.key}:{timezone.now():%Y%m%d%H%M%S}"
    if redemption.state == RedemptionState.HELD:
        mail_confirmation(redemption, cause)
    else:
        write("promotions/again", to=redemption.email, cause=cause, user=redemption.user, promotion=redemption.promotion)


def mail_confirmation(redemption: Redemption, cause: str) -> None:
    write(
        "promotions/confirm",
        to=redemption.email,
        cause=cause,
        promotion=redemption.promotion,
        link=reverse("promotions:confirm_link", args=[LINKS.sign(str(redemption.key)).replace(":", ".")]),
        typed_code=typed_code_of(redemption),
        held_until=redemption.held_until,
    )


def typed_code_of(redemption: Redemption) -> str:
    """What the mail says to type: eight symbols, made from the registration's random key, so that nothing secret lies in the database."""
    number = int(salted_hmac("promotions.registration.typed", str(redemption.key), algorithm="sha256").hexdigest(), 16)
    symbols = ""
    for _position in range(TYPED_LENGTH):
        number, place = divmod(number, len(SYMBOLS))
        symbols += SYMBOLS[place]
    return f"{symbols[:4]}-{symbols[4:]}"


def is_typed_code(redemption: Redemption, typed: str) -> bool:
    symbols = "".join(filter(str.isalnum, typed.upper())).translate(LOOK_ALIKES)
    return constant_time_compare(symbols, typed_code_of(redemption).replace("-", ""))


def redemption_of_link(token: str) -> Redemption | None:
    """The registration that a mailed link is about; None if the link is none of ours."""
    try:
        key = LINKS.unsign(token.replace(".", ":"))
    except BadSignature:
        return None
    return Redemption.objects.select_related("promotion").filter(key=key).first()


@transaction.atomic
def confirm(redemption: Redemption) -> bool:
    """The mailbox is proved: open or join the account and grant, once, however often it is asked. False if the hold has lapsed."""
    now = timezone.now()
    held = Redemption.objects.filter(pk=redemption.pk, state=RedemptionState.HELD, held_until__gt=now)
    if not held.update(state=RedemptionState.CONFIRMED, confirmed_at=now):
        redemption.refresh_from_db()
        return redemption.state == RedemptionState.CONFIRMED
    PromoCode.objects.filter(pk=redemption.code_id).use_held()
    grants = redemption.promotion.grants.select_related("product", "edition")
    lines = [Line(grant.product, grant.units, grant.edition, redemption.promotion.upgrade_months) for grant in grants]
    title = _("your registration for %(promotion)s") % {"promotion": redemption.promotion.title}
    fulfilment = fulfil(redemption.contact, lines, Source(f"promotion:{redemption.key}", title, Actor.SITE))
    Redemption.objects.filter(pk=redemption.pk).update(user=fulfilment.user)
    RedemptionItem.objects.bulk_create(RedemptionItem(redemption=redemption, entitlement=one) for one in fulfilment.entitlements)
    record(Kind.REGISTRATION_CONFIRMED, user=fulfilment.user, promotion=redemption.promotion.slug, registration=redemption.pk)
    Promotion.objects.filter(pk=redemption.promotion_id).use_held()
    redemption.refresh_from_db()
    return True


def lapse_due() -> int:
    """Give back the uses of registrations that nobody confirmed in time, each in a transaction of its own; returns how many."""
    lapsed = 0
    while due := list(Redemption.objects.lapsing(timezone.now()).order_by("held_until").values_list("pk", flat=True)[:BATCH]):
        lapsed += sum(lapse(pk) for pk in due)
    return lapsed


@transaction.atomic
def lapse(pk: int) -> bool:
    """Whether this registration lapsed now; of two who try, one does it."""
    if not Redemption.objects.lapsing(timezone.now()).filter(pk=pk).update(state=RedemptionState.LAPSED):
        return False
    redemption = Redemption.objects.select_related("promotion").get(pk=pk)
    theirs = Registrant.objects.filter(promotion=redemption.promotion_id, abuse_key=redemption.abuse_key, taken__gt=0)
    theirs.update(taken=F("taken") - 1)
    PromoCode.objects.filter(pk=redemption.code_id).release()
    record(Kind.REGISTRATION_LAPSED, promotion=redemption.promotion.slug, registration=pk)
    Promotion.objects.filter(pk=redemption.promotion_id).release()
    return True
