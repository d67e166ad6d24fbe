from accounts.models.login_session import LoginSession
from accounts.models.recovery import RecoveryCode, RecoveryDevice
from accounts.models.throttle import Throttle
from accounts.models.user import User

__all__ = ["LoginSession", "RecoveryCode", "RecoveryDevice", "Throttle", "User"]
