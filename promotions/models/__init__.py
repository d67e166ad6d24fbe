from promotions.models.code import BatchState, CodeBatch, PromoCode
from promotions.models.promotion import AskedField, Promotion, PromotionGrant, Stage
from promotions.models.redemption import PERSON_LENGTH, Redemption, RedemptionItem, RedemptionState, Registrant

__all__ = [
    "PERSON_LENGTH",
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
