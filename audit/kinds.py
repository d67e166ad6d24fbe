"""The vocabulary of the audit log: `subject.action`, each with the words in which a person reads it."""

from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    ACCOUNT_OPENED = "account.opened", _("account opened")
    ACCOUNT_JOINED = "account.joined", _("purchase added to the account")
    ACCOUNT_CLOSED = "account.closed", _("account closed")
    LOGIN_SUCCEEDED = "login.succeeded", _("logged in")
    LOGIN_FAILED = "login.failed", _("log-in failed")
    LOGIN_THROTTLED = "login.throttled", _("log-in refused: too many attempts")
    LOGIN_REFUSED = "login.refused", _("log-in refused: account on hold")
    LOGIN_ENDED = "login.ended", _("logged out")
    LOGIN_CONFIRMED = "login.confirmed", _("identity confirmed")
    LOGIN_REPORTED = "login.reported", _("reported as somebody else's")
    PASSWORD_REQUESTED = "password.requested", _("new password requested")
    PASSWORD_CHANGED = "password.changed", _("password changed")
    SECOND_FACTOR_ENROLLED = "second_factor.enrolled", _("second factor enrolled")
    SECOND_FACTOR_REMOVED = "second_factor.removed", _("second factor removed")
    SECOND_FACTOR_FAILED = "second_factor.failed", _("second factor failed")
    RECOVERY_CODES_RENEWED = "recovery_codes.renewed", _("new recovery codes made")
    RECOVERY_CODE_USED = "recovery_code.used", _("recovery code used")
    CONTACT_CHANGED = "contact.changed", _("contact data changed")
    PREFERENCES_CHANGED = "preferences.changed", _("preferences changed")
    MARKETING_REFUSED = "marketing.refused", _("announcements refused")
    MARKETING_WELCOMED = "marketing.welcomed", _("announcements welcomed again")
    ADDRESS_CHANGE_ASKED = "address.change_asked", _("change of the e-mail address asked for")
    ADDRESS_CHANGE_CONFIRMED = "address.change_confirmed", _("change of the e-mail address confirmed at one address")
    ADDRESS_CHANGE_CANCELLED = "address.change_cancelled", _("change of the e-mail address cancelled")
    ADDRESS_CHANGED = "address.changed", _("e-mail address changed")
    ADDRESS_RESTORED = "address.restored", _("change of the e-mail address undone")
    STAFF_CHANGED = "staff.changed", _("rights of a member of staff changed")
    CUSTOMER_SOUGHT = "customer.sought", _("customer searched for by staff")
    RECORD_OPENED = "record.opened", _("record opened by staff")
    RECORD_CHANGED = "record.changed", _("record changed by staff")
    MISUSE_FOUND = "misuse.found", _("sign of misuse found")
    MISUSE_DISMISSED = "misuse.dismissed", _("sign of misuse dismissed by staff")
    HOLD_PLACED = "hold.placed", _("account put on hold")
    HOLD_APPEALED = "hold.appealed", _("end of the hold asked for")
    HOLD_LIFTED = "hold.lifted", _("hold lifted")
    HOLD_EXPIRED = "hold.expired", _("hold expired")
    ENTITLEMENT_GRANTED = "entitlement.granted", _("product granted")
    ENTITLEMENT_REVOKED = "entitlement.revoked", _("product taken back")
    ENTITLEMENT_CHANGED = "entitlement.changed", _("download allowance changed by staff")
    UPGRADES_CHANGED = "upgrades.changed", _("end of the upgrades changed by staff")
    UNLOCK_CODE_ISSUED = "unlock_code.issued", _("unlock code issued")
    UNLOCK_CODE_REFUSED = "unlock_code.refused", _("unlock code tried in vain")
    PROMO_CODE_REFUSED = "promo_code.refused", _("promotional code tried in vain")
    RELEASE_PUBLISHED = "release.published", _("time of a release set")
    RELEASE_WITHDRAWN = "release.withdrawn", _("release withdrawn")
    RELEASE_REINSTATED = "release.reinstated", _("withdrawn release shown again")
    RELEASE_FILE_UPLOADED = "release_file.uploaded", _("release file uploaded")
    DOWNLOAD_TAKEN = "download.taken", _("download taken")
    DOWNLOAD_RETURNED = "download.returned", _("failed download given back")
    DOWNLOAD_REFUSED = "download.refused", _("download refused")
    PURCHASE_RECORDED = "purchase.recorded", _("purchase recorded")
    PURCHASE_REFUNDED = "purchase.refunded", _("purchase refunded")
    PURCHASE_RESTORED = "purchase.restored", _("refund reversed")
    NOTIFICATION_REFUSED = "notification.refused", _("partner's notification refused")
    NOTIFICATION_REPLAYED = "notification.replayed", _("partner's notification replayed by staff")
    NOTIFICATION_CLOSED = "notification.closed", _("partner's notification closed by staff")
    FEEDBACK_GIVEN = "feedback.given", _("feedback given")
    FEEDBACK_EXPORTED = "feedback.exported", _("feedback exported by staff")
    AUDIT_LOG_EXPORTED = "audit_log.exported", _("audit log exported")


def kinds() -> list[tuple[str, Any]]:
    """The vocabulary as the choices of a column: named, so that a new kind needs no migration."""
    return Kind.choices
