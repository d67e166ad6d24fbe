"""What staff do with promotions and batches, each once and recorded: publish, stop, order codes; and deleting what nobody used."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from audit.kinds import Kind
from audit.log import record
from promotions.models import CodeBatch, PromoCode, Promotion, Redemption, RedemptionState, Registrant, Stage
from promotions.tasks import make_codes

REGISTERED = (RedemptionState.HELD, RedemptionState.CONFIRMED, RedemptionState.ENDED)


def locked(pk: int | None) -> Promotion | None:
    """The promotion, locked until the commit: nobody's use is held meanwhile, and of two who change it one goes first."""
    return Promotion.objects.select_for_update(no_key=True).filter(pk=pk or 0).first()


def lock(rows: QuerySet[Any]) -> None:
    """Lock rows until the commit, however many, and keep none of them in memory."""
    for _pk in rows.select_for_update(no_key=True).order_by("pk").values_list("pk").iterator():
        pass


def is_registered_for(pk: int) -> bool:
    """Whether somebody registered, and did not let it lapse."""
    return Redemption.objects.filter(promotion=pk, state__in=REGISTERED).exists()


def what_is_missing(promotion: Promotion) -> list[str]:
    """Why it cannot be published yet, in sentences."""
    missing = []
    if not promotion.grants.exists():
        missing.append(_("It gives nothing yet: choose a product first."))
    if promotion.has_ended:
        missing.append(_("Its end is over already: choose a later one first."))
    return missing


@transaction.atomic
def publish(promotion: Promotion, request: HttpRequest) -> bool:
    """Give it its page. False, and nothing is recorded, if it has one, or something is missing by now."""
    present = locked(promotion.pk)
    if present is None or what_is_missing(present) or not present.publish():
        return False
    record(Kind.PROMOTION_PUBLISHED, actor=request.user, request=request, promotion=present.slug)
    return True


def note_order(batch: CodeBatch, request: HttpRequest | None) -> None:
    """Record that codes were ordered, and wake a worker for them; without a request somebody did it at the command line."""
    by = request.user if request else None
    record(Kind.CODE_BATCH_ORDERED, actor=by, request=request, promotion=batch.promotion.slug, batch=batch.pk, count=batch.size)
    make_codes.wake()


def may_be_deleted(promotion: Promotion) -> bool:
    """Whether nobody registered for it, and nobody can: one that is on is stopped first."""
    return promotion.stage not in (Stage.SCHEDULED, Stage.RUNNING) and not promotion.redemptions.exists()


@transaction.atomic
def delete_unused(promotion: Promotion) -> bool:
    """Delete a promotion and its codes, a million in one statement. False, and nothing is deleted, if somebody registered for it, or might just now.

    Its rows are locked in the order in which a registration takes them (promotions/registration.py), the promotion last: who is half-way in one
    waits for this, or this for them, and neither in a circle.
    """
    present = Promotion.objects.filter(pk=promotion.pk).first()
    if present is None or not may_be_deleted(present):
        return False  # before a million codes are locked for nothing
    batches = CodeBatch.objects.filter(promotion=present)
    codes: Any = PromoCode.objects.filter(batch__in=batches)
    for rows in (Registrant.objects.filter(promotion=present), batches, codes):
        lock(rows)
    present = locked(promotion.pk)
    if present is None or not may_be_deleted(present):
        return False
    codes._raw_delete(codes.db)  # Django's own way would read all of them first
    present.delete()
    return True
