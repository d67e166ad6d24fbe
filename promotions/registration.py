"""Registering for a promotion: a use is held, the mailbox is proved, and then it is granted (promise R3).

Every counter moves by one conditional statement, so that no load uses more than there is. The rows are always taken in the same order —
registration, person, code, account, promotion — and the promotion, for which everybody waits, comes last.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.addresses import address_key
from accounts.contact import Contact
from accounts.holds import is_held
from accounts.limits import PROMO_CORRECTIONS, PROMO_MAILS, PROMO_REFUSALS_NOTED
from accounts.models import Throttle, User
from audit.kinds import Kind
from audit.log import record
from downloads.fulfilment import Line, Source, fulfil
from downloads.models.allowance import Actor
from infacta.network import network_of
from mailroom.outgoing import write
from privacy.areas import PROMOTIONS
from privacy.wording import version_of
from promotions.lapsing import give_up
from promotions.models import BatchState, PromoCode, Promotion, Redemption, RedemptionItem, RedemptionState, Registrant, Stage
from promotions.models.redemption import PERSON_LENGTH
from promotions.people import abuse_key, is_disposable
from promotions.proof import link_of, typed_code_of

DOUBLE_CLICK = timedelta(seconds=20)


class AccountHeld(Exception):
    """The account of the address is on hold or closed, as whoever proved the mailbox may know."""


class NotPossible(Exception):
    """There is no registration to be had; the message tells the visitor why, and of other codes it says nothing. `why` tells the audit log."""

    def __init__(self, message: str, why: str = "closed") -> None:
        super().__init__(message)
        self.why = why


@dataclass(frozen=True)
class Origin:
    """Where a registration comes from."""

    ip: str | None
    request: HttpRequest | None = None


def register(promotion: Promotion, code: PromoCode, contact: Contact, origin: Origin, begun: Redemption | None = None) -> Redemption:
    """Hold one use for this person and mail them how to confirm it; returns the registration that the mail is about, NotPossible if none is left.

    Who is registered already is mailed what they have, and who has had as many as one person may is mailed that. The answer is the same for
    everybody, so that it tells nobody whose address is registered: where a stranger could not register now, they hear the same as a stranger.
    `begun` is what this browser was answered before. Only a mistyped address is mended by it: a stranger may have typed the address then as now.
    """
    if code.batch.state == BatchState.STOPPED:
        raise NotPossible(_("This code is not valid any more."), "stopped")
    if begun and stands_in_the_way(begun, code, contact):
        make_way(begun, promotion)
    else:
        refuse_early(promotion, contact)
    with transaction.atomic():
        person = registrant_of(promotion, contact.email)
        earlier = earlier_of(promotion, code, contact, person)
        if earlier is None and person.taken < promotion.limit_per_person:
            return hold(promotion, code, contact, origin, person)
        answer = earlier or turned_away(promotion, code, contact, origin, person)
        remind(answer)
    demand_place(promotion, code)
    return answer


def stands_in_the_way(begun: Redemption, code: PromoCode, contact: Contact) -> bool:
    """Whether this browser registers another address with the single-use code that it holds already: the first one was mistyped.

    Of a code for several uses it is not asked: what a browser began there may be what a stranger registered, whose address was typed in it.
    """
    same_code = begun.state == RedemptionState.HELD and begun.code_id == code.pk and code.uses == 1
    return same_code and begun.email_key != address_key(contact.email)


def make_way(begun: Redemption, promotion: Promotion) -> None:
    """Give up what was begun with a mistyped address. NotPossible, and it is kept, where nobody registers any more, or if it is done again and
    again: each time mails somebody."""
    if promotion.stage != Stage.RUNNING:
        raise NotPossible(why_closed(promotion))
    if not Throttle.objects.admit(PROMO_CORRECTIONS, str(begun.code_id)):
        raise NotPossible(_("The address was changed very often. Please wait ten minutes, and try it once more."), "corrected")
    give_up(begun)


def earlier_of(promotion: Promotion, code: PromoCode, contact: Contact, person: Registrant) -> Redemption | None:
    """The registration that this address has with this code; if the person may not have another one, whichever it has."""
    standing = list(Redemption.objects.standing(promotion, address_key(contact.email)))
    same_code = [one for one in standing if one.code_id == code.pk]
    return next(iter(same_code or (standing if person.taken >= promotion.limit_per_person else [])), None)


def hold(promotion: Promotion, code: PromoCode, contact: Contact, origin: Origin, person: Registrant) -> Redemption:
    """Count one more for the person, the code and the promotion, and mail how to confirm it; the caller has locked the person."""
    Registrant.objects.filter(pk=person.pk).update(taken=F("taken") + 1)
    if code.uses is not None and not PromoCode.objects.filter(pk=code.pk).hold_one():
        demand_place(promotion, code)
        raise NotPossible(used_already(), "used")
    held = written(promotion, code, contact, origin, person, held_until=timezone.now() + Redemption.HOLD)
    record(Kind.REGISTRATION_HELD, request=origin.request, promotion=promotion.slug, registration=held.pk)
    mail_confirmation(held, cause=f"registration:{held.key}")
    if not Promotion.objects.filter(pk=promotion.pk).hold_one(timezone.now()):
        promotion.refresh_from_db()
        raise NotPossible(why_closed(promotion))
    return held


def turned_away(promotion: Promotion, code: PromoCode, contact: Contact, origin: Origin, person: Registrant) -> Redemption:
    """A variant of an address that has as many registrations as one person may: a registration that holds nothing, one for each variant."""
    mine = Redemption.objects.filter(promotion=promotion, email_key=address_key(contact.email), state=RedemptionState.REFUSED)
    if refused := mine.select_related("promotion", "user").first():
        return refused
    if Throttle.objects.admit(PROMO_REFUSALS_NOTED, network_of(origin.ip)):
        facts = {"promotion": promotion.slug, "batch": code.batch_id, "reason": "person", "person": person.abuse_key[:PERSON_LENGTH]}
        record(Kind.REGISTRATION_REFUSED, request=origin.request, **facts)
    return written(promotion, code, contact, origin, person, held_until=timezone.now(), state=RedemptionState.REFUSED)


def written(promotion: Promotion, code: PromoCode, contact: Contact, origin: Origin, person: Registrant, **more: Any) -> Redemption:
    """A new row with what is known of the person, where they come from, and which wording of the policy they saw."""
    redemption = Redemption(
        promotion=promotion,
        code=code,
        email=contact.email,
        email_key=address_key(contact.email),
        abuse_key=person.abuse_key,
        is_disposable=is_disposable(contact.email),
        ip=origin.ip,
        policy_version=version_of(PROMOTIONS),
        **more,
    )
    redemption.fill_in(contact)
    redemption.save(force_insert=True)
    return redemption


def demand_place(promotion: Promotion, code: PromoCode) -> None:
    """Raise NotPossible where a stranger could not register now, in the words in which `refuse_early` and `hold` refuse them: the promotion's first."""
    promotion.refresh_from_db()
    if not promotion.is_open:
        raise NotPossible(why_closed(promotion))
    if PromoCode.objects.filter(pk=code.pk).used_up().exists():
        raise NotPossible(used_already(), "used")


def refuse_early(promotion: Promotion, contact: Contact) -> None:
    """Tell a crowd that comes too late before anything is locked, written or rendered for it, by the promotion as the request has read it."""
    if not promotion.is_open and not Redemption.objects.standing(promotion, address_key(contact.email)).exists():
        raise NotPossible(why_closed(promotion))


def registrant_of(promotion: Promotion, email: str) -> Registrant:
    """The person in this promotion, locked: of many registrations of one person at once, one goes first.

    The statement that makes the row locks it where it is there already, so that no sweep takes it away in between.
    """
    key = abuse_key(email)
    unique = ["promotion", "abuse_key"]
    person = Registrant(promotion=promotion, abuse_key=key)
    Registrant.objects.bulk_create([person], update_conflicts=True, unique_fields=unique, update_fields=["abuse_key"])
    return Registrant.objects.get(promotion=promotion, abuse_key=key)


def used_already() -> str:
    return _("This code has been used already. If it was you who used it, we have just mailed you what it gave.")


def why_closed(promotion: Promotion) -> str:
    """Why nobody can register, kindly."""
    if promotion.stage == Stage.SCHEDULED:
        return _("This promotion has not begun yet.")
    if promotion.stage == Stage.STOPPED:
        return _("This promotion was stopped.")
    if promotion.stage == Stage.ENDED:
        return _("This promotion is over.")
    if promotion.held:
        return _("All places of this promotion are taken at the moment. Those that are not confirmed are free again within the hour.")
    return _("All places of this promotion are taken.")


def code_for(promotion: Promotion, symbols: str) -> PromoCode:
    """The promotion's code of these symbols; NotPossible if it opens nothing."""
    code = PromoCode.objects.of(promotion, symbols)
    if code is None:
        raise NotPossible(_("This is no code of this promotion. Please look at it once more."), "unknown")
    if code.batch.state == BatchState.STOPPED:
        raise NotPossible(_("This code is not valid any more."), "stopped")
    return code


def remind(redemption: Redemption) -> None:
    """The same person again: the first result is theirs, and a mail says so; no second one for a double click, and no more often than a limit
    allows, however many variants of the address are tried."""
    is_double_click = redemption.state == RedemptionState.HELD and timezone.now() - redemption.held_at < DOUBLE_CLICK
    if is_double_click or not Throttle.objects.admit(PROMO_MAILS, f"{redemption.promotion_id}:{abuse_key(redemption.email)}"):
        return
    cause = f"registration:{redemption.key}:{timezone.now():%Y%m%d%H%M%S%f}"
    if redemption.state == RedemptionState.HELD:
        mail_confirmation(redemption, cause)
    else:
        name = "promotions/again" if redemption.state == RedemptionState.CONFIRMED else "promotions/turned_away"
        write(name, to=redemption.email, cause=cause, user=redemption.user, promotion=redemption.promotion)


def mail_confirmation(redemption: Redemption, cause: str) -> None:
    write(
        "promotions/confirm",
        to=redemption.email,
        cause=cause,
        promotion=redemption.promotion,
        link=link_of(redemption),
        typed_code=typed_code_of(redemption),
        held_until=redemption.held_until,
    )


@transaction.atomic
def confirm(redemption: Redemption, request: HttpRequest | None = None) -> bool:
    """The mailbox is proved: open or join the account and grant, once, however often it is asked. False if the hold has lapsed.

    What was held is kept for its hour, even if the promotion ends or its batch is stopped meanwhile. AccountHeld if the account of this
    address is on hold: then nothing is added to it, and the place lapses.
    """
    now = timezone.now()
    held = Redemption.objects.filter(pk=redemption.pk, state=RedemptionState.HELD, held_until__gt=now)
    if not held.update(state=RedemptionState.CONFIRMED, confirmed_at=now):
        redemption.refresh_from_db()
        return redemption.state == RedemptionState.CONFIRMED
    PromoCode.objects.filter(pk=redemption.code_id).use_held()
    demand_account_in_use(redemption)
    grants = redemption.promotion.grants.select_related("product", "edition")
    lines = [Line(grant.product, grant.units, grant.edition, redemption.promotion.upgrade_months) for grant in grants]
    title = _("your registration for %(promotion)s") % {"promotion": redemption.promotion.title}
    fulfilment = fulfil(redemption.contact, lines, Source(f"promotion:{redemption.key}", title, Actor.SITE))
    if fulfilment.opened:
        fulfilment.user.opt_out_by_browser(request)
    Redemption.objects.filter(pk=redemption.pk).update(user=fulfilment.user)
    RedemptionItem.objects.bulk_create(RedemptionItem(redemption=redemption, entitlement=one) for one in fulfilment.entitlements)
    facts = {"promotion": redemption.promotion.slug, "registration": redemption.pk}
    record(Kind.REGISTRATION_CONFIRMED, user=fulfilment.user, request=request, **facts)
    Promotion.objects.filter(pk=redemption.promotion_id).use_held()
    redemption.state, redemption.confirmed_at, redemption.user = RedemptionState.CONFIRMED, now, fulfilment.user
    return True


def demand_account_in_use(redemption: Redemption) -> None:
    """Raise AccountHeld if the address has an account that is on hold or closed; it stays locked, so that a hold placed now comes before or after."""
    number = User.objects.filter(email_key=redemption.email_key).values_list("pk", flat=True).first()
    if number is None:
        return
    User.objects.touch(number)
    if is_held(number):
        raise AccountHeld
