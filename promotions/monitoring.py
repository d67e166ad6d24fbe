"""What is recorded of the area, and how guessing is slowed (promise R4): accounts/detectors/promotions.py reads it.

A *word*, a shared code, can be guessed: so it is looked up only for a network that has tries left. A single-use code has fifty random bits, which nobody
guesses: it is always looked up, so that honest visitors register in the middle of an attack, from the same address even.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest

from accounts.limits import (
    PROMO_CODE_GUESSED_AT,
    PROMO_CODE_NETWORK,
    PROMO_CODE_PROMOTION,
    PROMO_REFUSALS_NOTED,
    PROMO_REGISTRATIONS_SUSPECT,
    PROMO_THROTTLING_NOTED,
    TooManyTries,
    demand,
)
from accounts.matters import is_in_the_queue
from accounts.models import Throttle
from audit.kinds import Kind
from audit.log import record
from infacta.network import client_ip, network_of
from promotions import code_format
from promotions.models import PERSON_LENGTH, CodeBatch, PromoCode, Promotion, RedemptionState
from promotions.people import abuse_key
from promotions.registration import NotPossible, code_for


def accepted_code(request: HttpRequest, promotion: Promotion, symbols: str) -> PromoCode:
    """The promotion's code. NotPossible if it opens nothing, and TooManyTries if too many were tried in vain; both are recorded."""
    look_up = word_of if code_format.is_word(symbols) else single_use_code_of
    with throttling_noted(request, promotion):
        try:
            code = look_up(request, promotion, symbols)
        except NotPossible as refusal:
            facts = {"promotion": promotion.slug, "reason": refusal.why, "tag": tag_in(promotion, symbols)}
            record(Kind.PROMO_CODE_REFUSED, request=request, **facts)
            raise
    if may_note(request):
        record(Kind.PROMO_CODE_ACCEPTED, request=request, promotion=promotion.slug, batch=code.batch_id)
    return code


def word_of(request: HttpRequest, promotion: Promotion, symbols: str) -> PromoCode:
    """Counted before it is looked up, and given back if it was right: of guesses at once no more are looked up than there are tries.

    Once the promotion has no tries left, as it is guessed at from everywhere, each network has a few of its own.
    """
    network = network_of(client_ip(request))
    of_network, of_promotion, left = (PROMO_CODE_NETWORK, network), (PROMO_CODE_PROMOTION, promotion.slug), (PROMO_CODE_GUESSED_AT, network)
    demand(*of_network)
    counted = of_promotion if Throttle.objects.admit(*of_promotion) else left
    if counted == left:
        demand(*left)
    code = code_for(promotion, symbols)
    Throttle.objects.give_back([of_network, counted])
    return code


def single_use_code_of(request: HttpRequest, promotion: Promotion, symbols: str) -> PromoCode:
    """Only what is tried in vain counts against the network, and against the promotion."""
    try:
        return code_for(promotion, symbols)
    except NotPossible:
        Throttle.objects.admit(PROMO_CODE_PROMOTION, promotion.slug)
        demand(PROMO_CODE_NETWORK, network_of(client_ip(request)))
        raise


@contextmanager
def throttling_noted(request: HttpRequest, promotion: Promotion) -> Iterator[None]:
    """That a network is being slowed is recorded once an hour: what it tries meanwhile is not looked up, and cannot fill the log."""
    try:
        yield
    except TooManyTries:
        if Throttle.objects.admit(PROMO_THROTTLING_NOTED, network_of(client_ip(request))):
            record(Kind.PROMO_CODE_THROTTLED, request=request, promotion=promotion.slug)
        raise


def note_mistyped(request: HttpRequest, promotion: Promotion) -> None:
    """Record a code that does not pass its own check: with the tag that it began with if the promotion has it, and never as it was typed."""
    typed = request.POST.get("code", "")
    if typed.strip() and may_note(request):
        record(Kind.PROMO_CODE_MISTYPED, request=request, promotion=promotion.slug, tag=tag_in(promotion, typed))


def note_refusal(request: HttpRequest, code: PromoCode, email: str, refusal: NotPossible) -> None:
    """Record a registration that was not to be had: `person` tells whether two are one person, and names nobody.

    Whoever comes again with the code that they used themselves has leaked nothing: that is another reason than a used code in strange hands.
    """
    if may_note(request):
        person = abuse_key(email)
        theirs = code.redemptions.filter(
            abuse_key=person, state__in=[RedemptionState.HELD, RedemptionState.CONFIRMED, RedemptionState.ENDED]
        )
        why = "again" if refusal.why == "used" and theirs.exists() else refusal.why
        facts = {"promotion": code.batch.promotion.slug, "batch": code.batch_id, "reason": why}
        record(Kind.REGISTRATION_REFUSED, request=request, person=person[:PERSON_LENGTH], **facts)


def slow_down(request: HttpRequest) -> None:
    """TooManyTries for a network that is in the queue of staff and registers on and on; nobody else is slowed."""
    network = network_of(client_ip(request))
    if is_in_the_queue(network):
        demand(PROMO_REGISTRATIONS_SUSPECT, network)


def may_note(request: HttpRequest) -> bool:
    return Throttle.objects.admit(PROMO_REFUSALS_NOTED, network_of(client_ip(request)))


def tag_in(promotion: Promotion, typed: str) -> str:
    """The longest tag of the promotion's batches that it begins with; "" if it begins with none."""
    tags = CodeBatch.objects.filter(promotion=promotion, tag__in=code_format.tags_that_may_be_of(typed), is_shared=False)
    return max(tags.values_list("tag", flat=True), key=len, default="")
