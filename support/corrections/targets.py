"""What can be corrected by a button: parts of the account's contact data, and of what partners told of its purchases."""

import re
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.addresses import validate_mailable
from accounts.contact import CONTACT_FIELDS
from accounts.models import User
from purchases.models import Purchase

MOST_PURCHASES = 20
KEY = re.compile(r"(account|purchase)-([1-9]\d{0,17})-([a-z0-9_]{1,20})", re.ASCII)
OF_ACCOUNT = CONTACT_FIELDS
OF_PURCHASE = (*CONTACT_FIELDS, "email")


class NoTarget(Exception):
    """There is no such thing, or it is not this customer's."""


@dataclass(frozen=True)
class Target:
    """A field of a row. `model` is its label, such as "purchases.Purchase"."""

    row: Any
    field: str

    @property
    def key(self) -> str:
        return f"{'account' if isinstance(self.row, User) else 'purchase'}-{self.row.pk}-{self.field}"

    @property
    def model(self) -> str:
        return str(self.row._meta.label)

    @property
    def label(self) -> str:
        """What staff and the customer call the field."""
        return str(self.row._meta.get_field(self.field).verbose_name)

    @property
    def value(self) -> str:
        return str(getattr(self.row, self.field))

    def change(self, before: str, value: str) -> bool:
        """Write the value where `before` stands; False if something else stands there by now."""
        same = type(self.row)._default_manager.filter(**{"pk": self.row.pk, self.field: before})
        return bool(same.update(**{self.field: value}))

    def cleaned(self, value: str) -> str:
        """The value as the field takes it. Raises ValidationError."""
        text = str(self.row._meta.get_field(self.field).clean(" ".join(value.split()), self.row))
        if self.field == "email":
            validate_mailable(text)
        return text


def choices_for(user: User) -> list[tuple[str, list[tuple[str, str]]]]:
    """Groups of keys and labels, for a form: the account, and its latest purchases. One query."""
    groups: list[tuple[str, Any, tuple[str, ...]]] = [(_("The account"), user, OF_ACCOUNT)]
    bought = Purchase.objects.filter(user=user).order_by("-purchased_at", "-pk")[:MOST_PURCHASES]
    groups += [(_("Purchase %(purchase)s") % {"purchase": purchase}, purchase, OF_PURCHASE) for purchase in bought]
    return [(title, [(one.key, capfirst(one.label)) for one in (Target(row, name) for name in names)]) for title, row, names in groups]


def target_of(user: User | None, key: str) -> Target:
    """The field that this key names, of this customer and of nobody else. Raises NoTarget."""
    parts = KEY.fullmatch(key)
    if not parts or user is None:
        raise NoTarget
    what, number, name = parts[1], int(parts[2]), parts[3]
    rows: Any = User.objects.filter(pk=user.pk) if what == "account" else Purchase.objects.filter(user=user)
    row = rows.filter(pk=number).first()
    if row is None or name not in (OF_ACCOUNT if what == "account" else OF_PURCHASE):
        raise NoTarget
    return Target(row, name)
