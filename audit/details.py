"""What may stand in the detail of an audit event, key by key. Nothing of it is contact data."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WHOSE_ACT = {
    "role": _("the role of the member of staff who did it"),
    "reason": _("why"),
    "by": _("how it was done or found, such as by a command or by a number of an order"),
    "changed": _("which rights of a member of staff changed"),
    "is_staff": _("whether somebody is staff from then on"),
    "roles": _("the roles of a member of staff from then on"),
}
LOG_INS = {
    "area": _("which part of the site"),
    "device": _("which kind of second factor"),
    "known": _("whether your browser was known"),
    "login_session": _("the number of the log-in"),
    "login_sessions": _("how many log-ins were ended"),
    "replaced": _("whether a second factor took the place of another"),
    "side": _("which of two addresses confirmed"),
    "change": _("the number of the change of address"),
    "fields": _("which fields changed, and not what stood in them"),
    "model": _("which kind of record"),
    "filters": _("by what a list was narrowed, and not to what"),
    "field": _("which field was corrected"),
    "found": _("how many were found"),
    "origin": _("how you told us"),
    "source": _("where it came from: an order, a promotion, or the page"),
}
MISUSE = {
    "finding": _("the number of the sign of misuse"),
    "detector": _("which pattern was looked for"),
    "score": _("how strong the sign is"),
    "hold": _("the number of the hold"),
    "appeal": _("the number of your message about the hold"),
}
PRODUCTS = {
    "product": _("which product"),
    "edition": _("which edition"),
    "version": _("which version"),
    "at": _("for when"),
    "published": _("since when a release is published"),
    "backdated": _("as of when a release counts as published"),
    "file": _("which file"),
    "sha256": _("the SHA-256 of a file"),
    "entitlement": _("the number of what you may download"),
    "units": _("how many"),
    "codes": _("the numbers of unlock codes"),
    "code": _("the number of an unlock code, or a partner's code of a product"),
    "replacement": _("the number of the unlock code that took its place"),
    "unit": _("which of several of the same product"),
    "download": _("the number of the download"),
    "downloads": _("how many downloads were added"),
    "until": _("until when upgrades are included"),
    "upgrade": _("whether a partner's code is an upgrade"),
}
ORDERS = {
    "partner": _("which partner"),
    "purchase": _("the number of the purchase"),
    "order": _("the partner's order reference"),
    "notification": _("the number of the partner's notification"),
    "offer": _("which offer"),
    "quantity": _("how many"),
    "data": _("which kinds of data went to the partner, and not those data"),
    "status": _("how a partner's notification was answered"),
    "fingerprint": _("the beginning of a digest of a partner's secret"),
    "profile": _("which description of a partner's mails or forms"),
    "is_for": _("whether it describes mails or forms"),
    "switched_on": _("whether it is in use from then on"),
    "deleted": _("whether it was deleted"),
    "address_made": _("whether a new secret address was made"),
    "kept": _("how many orders were imported"),
    "granted": _("how many of them were granted"),
    "mailed": _("whether customers were told"),
    "replayed": _("how many notifications were worked on again"),
}
PROMOTIONS = {
    "promotion": _("which promotion"),
    "batch": _("which batch of codes"),
    "tag": _("the beginning of a promotional code"),
    "page": _("which page of a promotion"),
    "registration": _("the number of the registration"),
    "person": _("the beginning of a keyed digest of your address, which tells whether two registrations are one person's"),
}
MAILINGS = {
    "announcement": _("which announcement"),
    "mailbox": _("the number of your address in the announcement group"),
    "subscription": _("the number of your joining"),
    "topics": _("the topics that you chose"),
    "added": _("how many addresses were added"),
    "mail": _("the number of a mail that came in"),
    "total": _("how many mails an announcement had"),
    "sent": _("how many of them were sent"),
    "failed": _("how many of them failed"),
    "skipped": _("how many of them were left out"),
    "unknown": _("how many of them nobody knows of"),
    "count": _("how many"),
}
CASES = {
    "case": _("the number of the support case"),
    "channel": _("which way you wrote"),
    "to": _("the member of staff who works on it from then on"),
    "event": _("which entry of this record you say is wrong"),
    "item": _("which part of diagnostics was opened"),
    "since": _("from which day on the record was exported"),
    "kinds": _("which kinds of entries were exported"),
}
RIGHTS = {
    "number": _("the number of your request about your own data"),
    "page": _("whether it was fetched by a link in a mail"),
    "cases": _("how many support cases were opened for a report"),
    "purpose": _("what you objected to"),
    "what": _("whether it was a report or an erasure"),
    "first_byte": _("where in the file the download began"),
}
KEYS: Mapping[str, str | Promise] = WHOSE_ACT | LOG_INS | MISUSE | PRODUCTS | ORDERS | PROMOTIONS | MAILINGS | CASES | RIGHTS
