"""A person whose data it is, with an account or without one, and which rows are about them."""

from dataclasses import dataclass

from django.apps import apps
from django.db.models import Model, Q, QuerySet

from privacy.registry import ModelDeclaration


@dataclass(frozen=True)
class DataSubject:
    """`account` is the number of the account, if there is one; `addresses` are the e-mail addresses that are proved to be the person's."""

    account: int | None = None
    addresses: tuple[str, ...] = ()


def at_address(column: str, person: DataSubject, **besides: object) -> Q:
    """Rows in which one of the person's addresses stands as somebody typed it."""
    found = Q(pk__in=[])
    for address in person.addresses:
        found |= Q(**{f"{column}__iexact": address}, **besides)
    return found


def rows_of(person: DataSubject, declared: ModelDeclaration) -> QuerySet[Model]:
    """Every row of the model that is about the person: by the relation to the account, and by whatever else the declaration finds them by."""
    return apps.get_model(declared.model)._default_manager.filter(condition_of(person, declared))


def condition_of(person: DataSubject, declared: ModelDeclaration) -> Q:
    found = Q(pk__in=[])
    if person.account is not None and isinstance(declared.subject, str):
        found |= Q(**{declared.subject or "pk": person.account})
    if declared.finds:
        found |= declared.finds(person)
    return found
