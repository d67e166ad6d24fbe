from promotions.models.code import BatchState, CodeBatch, PromoCode
from promotions.models.promotion import AskedField, Promotion, PromotionGrant, Stage
from promotions.models.redemption import Redemption, RedemptionItem, RedemptionState, Registrant

__all__ = [
    "AskedField",
    "BatchState",
    "CodeBatch",
    "PromoCode",
    "Promotion",
    "PromotionGrant",
    "Redemption",
    "RedemptionItem",
    "RedemptionState",
    "Registrant",
    "Stage",
]
