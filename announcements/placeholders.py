"""What stands in the text of an announcement and is another in each mail: `{{ greeting }}` and the like. Texts are rendered once, and these are put in."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

PLACEHOLDER = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
MEANING = {
    "greeting": _("how the person is greeted, such as “Dear Alice Archer,”; without a name “Good day,”"),
    "email": _("the address that the mail goes to"),
    "leave_url": _("the page where the person leaves with one click"),
    "preferences_url": _("the page where the person chooses topics"),
    "why": _("why the person gets the mail: as a customer, or because they joined"),
}


def spelled(name: str) -> str:
    """The placeholder as it stands in frozen texts."""
    return "{{ " + name + " }}"


def unknown_in(text: str) -> Iterator[str]:
    """Names of placeholders that there are not."""
    for match in PLACEHOLDER.finditer(text):
        if match[1] not in MEANING:
            yield match[1]
