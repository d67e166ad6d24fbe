"""Licence files: what an unlock code is for, signed, so that a product finds it out without asking anybody (docs/licence-files.md)."""

from typing import Any

from django.utils import timezone

from downloads.codes.envelope import sealed
from downloads.models import Entitlement, UnlockCode
from infacta.moments import moment

FORMAT = "licence-1"


def licence_of(code: UnlockCode) -> bytes:
    """The licence file of a valid code, made anew and signed by the present key. Raises BadKey if there is no good key.

    It holds the code's digest and not the code: whoever is given the file has no code to type elsewhere.
    """
    entitlement = code.entitlement
    licensee = {"name": entitlement.user.name, "company": entitlement.user.company}
    payload = {
        "licence": str(code.licence_id),
        **terms_of(entitlement),
        "code_sha256": code.digest,
        "licensee": {name: value for name, value in licensee.items() if value},
        "issued_at": moment(code.issued_at),
        "signed_at": moment(timezone.now()),
    }
    return sealed(FORMAT, payload)


def terms_of(entitlement: Entitlement) -> dict[str, Any]:
    """What was bought, in the words of licence files and of the online check."""
    product, edition = entitlement.product, entitlement.edition
    return {
        "product": {"code": product.code, "name": product.name},
        "edition": {"code": edition.code, "name": edition.name} if edition else None,
        "seats": entitlement.seats_per_unit,
        "upgrades_until": moment(entitlement.upgrades_until),
    }


def file_name_of(code: UnlockCode) -> str:
    """Such as "notebook-1f0c3d5e.licence": of several licences each has a name of its own, that tells nothing of the code."""
    return f"{code.entitlement.product.slug}-{code.licence_id.hex[:8]}.licence"
