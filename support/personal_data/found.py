"""By what rows of support without an account are found, and what stands in them: opened, for the report alone."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from django.db.models import Q

from accounts.personal_data.found import matters_about
from infacta.sealed_text import opened
from privacy.registry import Enclosure
from privacy.subjects import DataSubject
from purchases.found import theirs
from support.digests import BEGINNING, ORDERS, address_digest, case_digest, order_digest


def proved_cases(path: str) -> Callable[[DataSubject], Q]:
    """Cases of nobody's account, from a mailbox whose reader has shown to read it; `path` leads to the case."""

    def finds(person: DataSubject) -> Q:
        digests = [case_digest(address) for address in person.addresses]
        return Q(**{f"{path}user": None, f"{path}email_digest__in": digests, f"{path}address_proved_at__isnull": False})

    return finds


cases, of_case = proved_cases(""), proved_cases("case__")


def destructions(person: DataSubject) -> Q:
    of_account = Q(case__user=person.account) if person.account is not None else Q(pk__in=[])
    return of_account | of_case(person)


def orders_of(person: DataSubject) -> list[str]:
    """The digests by which requests for help with the log-in name the person's orders."""
    references = theirs(person).values_list("order_reference", flat=True)
    return sorted({order_digest(reference) for reference in references})


def log_in_help(person: DataSubject) -> Q:
    digests = [address_digest(address) for address in person.addresses]
    return Q(address_digest__in=digests) | Q(order_digest__in=orders_of(person))


@matters_about.append
def matters(person: DataSubject) -> list[str]:
    """Findings that an order of theirs was claimed from many addresses (support/login_help/watching.py)."""
    return [f"{ORDERS}:{digest[:BEGINNING]}" for digest in orders_of(person)]


def details_of(case: Any) -> dict[str, Any]:
    return asdict(case.details)


def words_of(row: Any) -> Any:
    """Of a message, a correction, or a proof of purchase."""
    return row.told


def name_of(file: Any) -> str:
    return str(file.name)


def files_of(file: Any) -> Iterator[Enclosure]:
    yield Enclosure(file.name, file.content)


def told_with(upload: Any) -> Any:
    """KeyGone."""
    return upload.told


def upload_of(upload: Any) -> Iterator[Enclosure]:
    """What has come of an upload; once there is a case it is a file of that."""
    if upload.case_id is None and upload.received:
        yield Enclosure("diagnostics.part", upload.content)


def address_of(record: Any) -> Any:
    """CannotOpen."""
    return json.loads(opened(record.sealed_address)) if record.sealed_address else ""
