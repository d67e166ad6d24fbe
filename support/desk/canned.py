"""Placeholders of canned answers: {name} and the like. They are filled in when the answer is chosen, and staff see the result before it goes."""

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from support.models import Case
from support.vault.keyring import KeyGone

PLACEHOLDER = re.compile(r"\{([^{}\s]{1,40})\}")
MEANING = {
    "name": gettext_lazy("who asks, by the name they told; “customer” if they told none"),
    "product": gettext_lazy("the product that the case is about; “our product” if it is about none in particular"),
    "version": gettext_lazy("the version that they told; “your version” if they told none"),
    "reference": gettext_lazy("the number of the case"),
    "link": gettext_lazy("the link to the case"),
    "staff": gettext_lazy("your own name"),
    "days": gettext_lazy("for how many days a closed case can be opened again"),
}


def unknown_in(text: str) -> list[str]:
    """The placeholders that there are not, each once, as they stand in the text. Braces around more than one word are no placeholder."""
    return sorted({match[0] for match in PLACEHOLDER.finditer(text) if match[1] not in MEANING})


def filled(text: str, values: Mapping[str, str]) -> str:
    """In one pass: what a value holds is never taken for a placeholder. One that is unknown stays as it is."""
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def values_for(case: Case, staff: Any) -> dict[str, str]:
    return {
        "name": case.details.name or _("customer"),
        "product": str(case.product) if case.product else _("our product"),
        "version": case.details.version or _("your version"),
        "reference": case.reference,
        "link": link_to(case),
        "staff": staff.name or _("your support"),
        "days": str(Case.GRACE.days),
    }


def link_to(case: Case) -> str:
    """The page of the case, for whoever reads its mails; "" once its key is gone."""
    try:
        return f"{settings.SITE_URL}{reverse('help:case', args=[case.access])}"
    except KeyGone:
        return ""


def example() -> dict[str, str]:
    """Values of nobody, for trying an answer out."""
    return {
        "name": "Alice Archer",
        "product": "Notebook",
        "version": "2.1",
        "reference": "7KQ4-M2XD",
        "link": f"{settings.SITE_URL}/support/cases/…/",
        "staff": "Sam",
        "days": str(Case.GRACE.days),
    }
