"""A ping of Gumroad's as it arrives: a form with names in brackets, or JSON if the seller chose that."""

from typing import Any

from purchases.partners.base import Notice, Refused
from purchases.partners.forms import pairs_in, put
from purchases.partners.reading import decoded

Data = dict[str, Any]


def said_in(notice: Notice) -> Data:
    """The ping: a form, or JSON if the seller chose that."""
    if notice.headers.get("Content-Type", "").partition(";")[0].strip().lower() == "application/json":
        return decoded(notice.body)
    return form_in(notice.body)


def form_in(body: bytes) -> Data:
    """The form, with `variants[Tier]` in `variants`; a name that says two things says nothing."""
    form: Data = {}
    for name, value in pairs_in(body):
        outer, bracket, inner = name.partition("[")
        if not bracket:
            put(form, name, value)
        elif inner == "]":
            continue  # lists: of those nothing is used
        elif isinstance(group := form.setdefault(outer, {}), dict):
            put(group, inner.rstrip("]"), value)
        else:
            raise Refused("A name stands in the form twice, with different values.")
    return form
