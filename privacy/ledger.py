"""The promises that the site is built around, each once: the public page, the staff's page, `manage.py check_promises` and docs/promises.md say these words."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from privacy.texts import Text

GROUPS = {
    "G": _("The general site"),
    "C": _("Customer resources"),
    "R": _("Promotions"),
    "D": _("How the site is built"),
}


@dataclass(frozen=True)
class Promise:
    """`number` is what tests, code and evidence name it by; its letter is the group."""

    number: str
    text: Text

    @property
    def group(self) -> str:
        return self.number[0]


def numbered(letter: str, texts: Iterable[Text]) -> list[Promise]:
    return [Promise(f"{letter}{number}", text) for number, text in enumerate(texts, start=1)]


LEDGER = (
    *numbered(
        "G",
        [
            _("Three areas have three policies, and every page links that of its own"),
            _("The policies are readable by machines"),
            _("Announcements tell who wants them of releases, and stop for good when asked"),
            _("Orders are taken by partners, who notify the site of contact data and limited order data"),
            _("Payment details are never received and never stored, even if they are sent"),
            _("The partners are named, with their policies"),
            _("A wizard in the products sends what the person lets it send, for support alone"),
            _("What somebody tells support is destroyed once it is dealt with"),
            _("The general area sets no cookie but an anonymous session cookie"),
            _("Questions about the policy have an address that reaches someone"),
        ],
    ),
    *numbered(
        "C",
        [
            _("The policy of customer resources covers the whole area, log-in and log-out included"),
            _("Nothing of that area is shown without HTTPS"),
            _("Nobody enters without user name and password, nor without the second factor where there is one"),
            _("Misuse is detected, and an account can be held or ended for it"),
            _("Customers see what they bought, and how many downloads remain"),
            _("Every log-in is recorded with time and IP address"),
            _("Every download is recorded; patterns of misuse are looked for"),
            _("Who cannot log in gets in again by a proof of purchase, which is then discarded"),
            _("A request for priority support records computer and browser, and shows them before"),
            _("Feedback is kept as a store of ideas"),
            _("Customers edit their contact data, and opt out of marketing"),
            _("The cookies of the area are exactly five; two are optional, and the visitor sees and removes them"),
            _("Nothing financial is received, and nothing is shared beyond the partners"),
            _("A purchase begun here hands over contact data and the choice of products alone"),
            _("Staff have roles, and see what their task needs"),
            _("Customers see their log-ins and downloads, and when staff opened their record"),
            _("A person gets a full report of all that is recorded about them"),
            _("Corrections of anything recorded can be asked for and are made, or refused with a reason"),
            _("A held account can be reinstated"),
        ],
    ),
    *numbered(
        "R",
        [
            _("Nothing of the promotions area is shown without HTTPS"),
            _("The area is watched, and an account can be held or ended for misuse of a promotion"),
            _("Contact data and a code, and once the mailbox is proved: unlock codes by mail, upgrades, and an account"),
            _("Every visit and every registration is recorded with time and IP address"),
            _("Whoever came by a promotion has the rights of every customer, those of C14 to C19"),
        ],
    ),
    *numbered(
        "D",
        [
            _("The site is one Django program that makes its pages on the server, of parts that everybody can look up"),
            _("Its rooms lie where its plan says"),
            _(
                "All parts share one database; log-ins and downloads are recorded in it, and workers send announcements and purge what support was told"
            ),
            _("Customers use it over HTTPS, staff in an area of their own, and operators by commands"),
        ],
    ),
)
NUMBERS = tuple(promise.number for promise in LEDGER)


def in_groups() -> list[tuple[Text, list[Promise]]]:
    """The ledger as pages show it: each group's title with its promises."""
    return [(title, [promise for promise in LEDGER if promise.group == letter]) for letter, title in GROUPS.items()]
