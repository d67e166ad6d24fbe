"""Promotions as staff set them up, their codes, and who registered: a module for each subject."""

from promotions.admin.batches import CodeBatchAdmin
from promotions.admin.codes import PromoCodeAdmin
from promotions.admin.promotions import PromotionAdmin
from promotions.admin.registrations import RedemptionAdmin

__all__ = ["CodeBatchAdmin", "PromoCodeAdmin", "PromotionAdmin", "RedemptionAdmin"]
