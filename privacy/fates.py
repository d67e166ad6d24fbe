"""What becomes of rows when the person whom they are about asks to be forgotten (GDPR article 17)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from privacy.texts import Text


@dataclass(frozen=True)
class Erased:
    """The rows go. `by` is the dotted name of the function that destroys them, where it takes more than deleting rows."""

    by: str = ""


@dataclass(frozen=True)
class Anonymised:
    """The rows stay for a reason, and lead to nobody: `blanks` says what stands in which field then."""

    blanks: Mapping[str, Any]
    ground: Text
    by: str = ""


@dataclass(frozen=True)
class Kept:
    """The rows stay, for a reason, and for as long as their retention says."""

    ground: Text


Fate = Erased | Anonymised | Kept

TOMBSTONE = _(
    "facts and orders that must be kept point to its number; nothing of you stands in it, and nobody logs in with it (GDPR article 17(3)(b) and (e))"
)
LAW = _("the law demands that orders are kept (GDPR article 17(3)(b)); name, addresses and contact data go")
CLAIMS = _(
    "needed to defend against claims and misuse (GDPR article 17(3)(e)); it leads to your account's number alone, behind which nobody is then"
)
SAFETY = _(
    "keeps the site safe, and cannot be cut without breaking the proof that it is whole; it leads to an account behind which nobody is then"
)
LEDGER = _("its numbers must add up to the counters of downloads; they lead to an account behind which nobody is then")
REFUSAL = _("so that nobody writes to you again: a digest, from which nobody reads your address")
SOON_GONE = _("nobody can be told from it, and it goes by itself within days")
PROOF_OF_WORK = _("proves that we did what you asked for (GDPR article 5(2)), and says nothing of its content")
