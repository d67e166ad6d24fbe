"""What the proof of a mailbox opens, however late it comes."""

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.kinds import Kind
from audit.log import record
from promotions.lapsing import lapse
from promotions.models import BatchState, CodeBatch, PromoCode, Promotion, Redemption, RedemptionState, Registrant
from promotions.people import abuse_key
from promotions.registration import NotPossible, confirm, registrant_of, why_closed


def prove(redemption: Redemption, request: HttpRequest | None = None) -> Redemption:
    """The mailbox is proved, however late: confirm this registration, or the one that the address has meanwhile, or a place taken anew.

    Returns what is confirmed then. Raises AccountHeld, and NotPossible if no place is left.
    """
    if confirm(redemption, request):
        return redemption
    if redemption.state == RedemptionState.ENDED:
        raise NotPossible(_("We have ended this registration. If you think that we were wrong, please write to us."))
    standing = Redemption.objects.standing(redemption.promotion, redemption.email_key).select_related("promotion", "user")
    for newer in standing.exclude(pk=redemption.pk):
        if confirm(newer, request):
            return newer
        lapse(newer.pk)
    hold_again(redemption, request)
    if not confirm(redemption, request):
        raise NotPossible(as_often_as_may_be())
    return redemption


def hold_again(redemption: Redemption, request: HttpRequest | None) -> None:
    """The hour is over: take a place anew for the same person and code. NotPossible if there is none."""
    lapse(redemption.pk)
    promotion, code = redemption.promotion, redemption.code
    with transaction.atomic():
        now = timezone.now()
        again = Redemption.objects.filter(pk=redemption.pk, state=RedemptionState.LAPSED)
        if not again.update(state=RedemptionState.HELD, held_until=now + Redemption.HOLD, abuse_key=abuse_key(redemption.email)):
            return  # another press was faster
        person = registrant_of(promotion, redemption.email)
        if not Registrant.objects.filter(pk=person.pk, taken__lt=promotion.limit_per_person).update(taken=F("taken") + 1):
            raise NotPossible(as_often_as_may_be())
        if CodeBatch.objects.filter(pk=code.batch_id, state=BatchState.STOPPED).exists():
            raise NotPossible(_("This code is not valid any more."))
        if code.uses is not None and not PromoCode.objects.filter(pk=code.pk).hold_one():
            raise NotPossible(_("This code has been used by somebody else meanwhile."))
        record(Kind.REGISTRATION_HELD, request=request, promotion=promotion.slug, registration=redemption.pk)
        if not Promotion.objects.filter(pk=promotion.pk).hold_one(now):
            promotion.refresh_from_db()
            raise NotPossible(why_closed(promotion))


def as_often_as_may_be() -> str:
    return _("You have registered for this promotion as often as one person may.")
