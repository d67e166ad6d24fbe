from accounts.models.address_change import AddressChange
from accounts.models.finding import DetectionCursor, MisuseFinding
from accounts.models.hold import Appeal, Hold
from accounts.models.login_session import LoginSession
from accounts.models.marketing_choice import MarketingChoice
from accounts.models.record_opening import RecordOpening
from accounts.models.recovery import RecoveryCode, RecoveryDevice
from accounts.models.suppression import Suppression
from accounts.models.throttle import Throttle
from accounts.models.user import User

__all__ = [
    "AddressChange",
    "Appeal",
    "DetectionCursor",
    "Hold",
    "LoginSession",
    "MarketingChoice",
    "MisuseFinding",
    "RecordOpening",
    "RecoveryCode",
    "RecoveryDevice",
    "Suppression",
    "Throttle",
    "User",
]
