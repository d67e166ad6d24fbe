"""The vocabulary of the audit log: `subject.action`, each with the words in which a person reads it."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    ACCOUNT_OPENED = "account.opened", _("account opened")
    ACCOUNT_JOINED = "account.joined", _("purchase added to the account")
    LOGIN_SUCCEEDED = "login.succeeded", _("logged in")
    LOGIN_FAILED = "login.failed", _("log-in failed")
    LOGIN_THROTTLED = "login.throttled", _("log-in refused: too many attempts")
    LOGIN_ENDED = "login.ended", _("logged out")
    PASSWORD_REQUESTED = "password.requested", _("new password requested")
    PASSWORD_CHANGED = "password.changed", _("password changed")
    SECOND_FACTOR_ENROLLED = "second_factor.enrolled", _("second factor enrolled")
    RECOVERY_CODES_RENEWED = "recovery_codes.renewed", _("new recovery codes made")
    SECOND_FACTOR_FAILED = "second_factor.failed", _("second factor failed")
    STAFF_CHANGED = "staff.changed", _("rights of a member of staff changed")
    ENTITLEMENT_GRANTED = "entitlement.granted", _("product granted")
    ENTITLEMENT_REVOKED = "entitlement.revoked", _("product taken back")
    ENTITLEMENT_CHANGED = "entitlement.changed", _("download allowance changed by staff")
    UNLOCK_CODE_ISSUED = "unlock_code.issued", _("unlock code issued")
    RELEASE_FILE_UPLOADED = "release_file.uploaded", _("release file uploaded")
    DOWNLOAD_TAKEN = "download.taken", _("download taken")
    DOWNLOAD_REFUSED = "download.refused", _("download refused")
    PURCHASE_RECORDED = "purchase.recorded", _("purchase recorded")
    PURCHASE_REFUNDED = "purchase.refunded", _("purchase refunded")
    PURCHASE_RESTORED = "purchase.restored", _("refund reversed")
    NOTIFICATION_REFUSED = "notification.refused", _("partner's notification refused")
    NOTIFICATION_REPLAYED = "notification.replayed", _("partner's notification replayed by staff")
    NOTIFICATION_CLOSED = "notification.closed", _("partner's notification closed by staff")
