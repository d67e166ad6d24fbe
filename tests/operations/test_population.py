"""The generator of a site with any number of customers makes rows that the site itself could have made (docs/scaling.md)."""

import re
from collections import Counter

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from accounts.models import User
from audit.models import AuditEvent, Seal
from bench.population.filling import PASSWORD, NotEmpty, fill
from downloads.models import Entitlement, UnlockCode
from downloads.unlock_code_format import normalised
from tests.staff import staff_log_in

CUSTOMERS = 1_000
SAID = {"sealed", "sealed_details", "sealed_address"}
"""What people told support stands nowhere: no keys are made for it."""

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def definitions() -> set[tuple[str, str]]:
    """Every index and every constraint; PostgreSQL writes the same casts in more than one way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        found = set(cursor.fetchall())
        cursor.execute(
            "SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype IN ('f', 'u', 'c')"
        )
        return {
            (name, re.sub(r"::(character varying|text)(\[\])?|[()]", "", definition)) for name, definition in found | set(cursor.fetchall())
        }


def what_is_wrong(model) -> set[str]:
    """The fields of which the model says that they cannot be so, in some of its rows."""
    wrong: set[str] = set()
    for row in model._base_manager.order_by("?")[:10]:
        try:
            row.clean_fields(
                exclude=["password", *(field.name for field in model._meta.fields if field.null and not field.value_from_object(row))]
            )
        except ValidationError as error:
            wrong |= set(error.message_dict)
    return wrong - SAID


def test_a_filled_site(settings):
    """One filling, for it takes seconds: its rows, its keys, its pages."""
    before = definitions()
    fill(CUSTOMERS, lambda text: None)
    assert definitions() == before

    numbers = Counter({model: model._base_manager.count() for model in apps.get_models()})
    assert numbers[User] == CUSTOMERS + 3
    assert numbers[AuditEvent] == CUSTOMERS * 20
    assert {model._meta.label: wrong for model in apps.get_models() if (wrong := what_is_wrong(model))} == {}

    assert not Entitlement.objects.not_summing().exists()
    for code in UnlockCode.objects.order_by("?")[:20]:
        assert normalised(code.code.lower()) == code.code
    seals = list(Seal.objects.order_by("number"))
    assert sum(seal.count for seal in seals) == numbers[AuditEvent]
    assert all(seal.first_at.strftime("%Y-%m") == seal.last_at.strftime("%Y-%m") and seal.count <= 1000 for seal in seals)

    for email in ("customer17@example.com", "heavy@example.com"):
        browser = Client()
        assert browser.post("/resources/log-in/", {"email": email, "password": PASSWORD}).status_code == 302
        for path in ("", "activity/", "activity/downloads/", "account/", "support/", "your-data/"):
            assert browser.get(f"/resources/{path}").status_code == 200
    administration = User.objects.get(email="administration@example.com")
    administration.set_password("correct horse battery staple")
    administration.save()
    staff = staff_log_in(administration)
    for model in ("audit/auditevent", "downloads/downloadsession", "purchases/purchase", "announcements/delivery"):
        assert staff.get(f"/staff/{model}/").status_code == 200

    with pytest.raises(NotEmpty):
        fill(CUSTOMERS, lambda text: None)
