"""Staff stop a promotion, or a batch of codes: nobody registers any more, the pages say so, and the findings about it are dealt with.

What is held may still be confirmed, and lapses within the hour if nobody does: whoever has our mail in hand is not turned away.
"""

from django.db import transaction
from django.http import HttpRequest

from accounts import matters
from audit.kinds import Kind
from audit.log import record
from promotions.models import CodeBatch, Promotion
from promotions.watching import matter_of, matter_of_batch


@transaction.atomic
def stop_promotion(promotion: Promotion, reason: str, request: HttpRequest) -> bool:
    """Visitors read the reason. False, and nothing is recorded, if somebody else was faster."""
    stopped = promotion.stop(reason)
    if stopped:
        matters.settle([matter_of(promotion).key], by=request.user, reason=reason)  # type: ignore[arg-type]
        record(Kind.PROMOTION_STOPPED, actor=request.user, request=request, promotion=promotion.slug, reason=reason)
    return stopped


@transaction.atomic
def stop_batch(batch: CodeBatch, reason: str, request: HttpRequest) -> bool:
    """Visitors read that the code is not valid any more, and not the reason. False, and nothing is recorded, if somebody else was faster."""
    stopped = batch.stop(reason)
    if stopped:
        matters.settle([matter_of_batch(batch).key], by=request.user, reason=reason)  # type: ignore[arg-type]
        facts = {"promotion": batch.promotion.slug, "batch": batch.pk, "reason": reason}
        record(Kind.CODE_BATCH_STOPPED, actor=request.user, request=request, **facts)
    return stopped
