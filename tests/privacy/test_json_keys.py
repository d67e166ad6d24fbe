"""JSON fields are declared key by key, and hold no other: what is forgotten stops the start or fails the test that writes it."""

import pytest
from django.db import models, transaction
from django.test.utils import isolate_apps

from audit.kinds import Kind
from audit.log import record
from audit.models import AuditEvent
from privacy import checks
from privacy.json_keys import ANY, PLAIN, paths_in, undeclared_in
from privacy.registry import ModelDeclaration, Personal, registry
from tests.json_guard import UndeclaredKey


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ({}, []),
        (None, []),
        ({"a": 1, "b": {"c": [{"d": 2}]}}, ["a", "b", "b.c", "b.c.d"]),
        ([{"a": 1}, {"b": 2}], ["a", "b"]),
        (["usb", "nfc"], [PLAIN, PLAIN]),
        ("words", [PLAIN]),
        ({"a": ["x", "y"]}, ["a"]),
        ({"": "a form's field without a name"}, ["(nameless)"]),
    ],
)
def test_the_paths_of_a_value(value, paths):
    assert list(paths_in(value)) == paths


@pytest.mark.parametrize(
    ("keys", "undeclared"),
    [
        ({"a", "b", "b.c", PLAIN}, []),
        ({"a", "b", "b.c"}, [PLAIN]),
        ({"a", "b", PLAIN}, ["b.c"]),
        ({"a", "b", "b.*", PLAIN}, []),
        ({ANY, PLAIN}, []),
        ({ANY}, [PLAIN]),
        (set(), [PLAIN, "a", "b", "b.c"]),
    ],
)
def test_what_is_not_declared(keys, undeclared):
    assert undeclared_in([{"a": 1, "b": {"c": 2}}, "words"], dict.fromkeys(keys, "what it is")) == undeclared


def errors_of(declared: Personal, field: models.Field) -> list[tuple[str | None, str, str | None]]:
    with isolate_apps("website") as apps, pytest.MonkeyPatch.context() as patch:

        class Tide(models.Model):  # noqa: DJ008
            seen = field

            class Meta:
                app_label = "website"

        patch.setattr(apps, "get_models", lambda **options: [Tide])
        patch.setattr(checks.keys, "apps", apps)
        patch.setitem(registry.models, "website.Tide", ModelDeclaration("website.Tide", "Your tides", {"seen": declared}))
        return [(message.id, message.msg, message.hint) for message in checks.every_key_is_declared(None)]


def test_a_json_field_that_names_no_keys():
    ((identifier, message, hint),) = errors_of(Personal("what you saw"), models.JSONField())
    assert (identifier, message) == ("privacy.E008", "The JSON field website.Tide.seen does not say which keys stand in it.")
    assert hint == 'Add keys={"key": _("what it is to the person"), …} to Personal(…) of "seen" in the declaration of website.Tide.'


def test_a_json_field_that_names_them():
    assert errors_of(Personal("what you saw", keys={"wave": "which wave"}), models.JSONField()) == []


def test_keys_of_a_field_that_has_none():
    ((identifier, message, _hint),) = errors_of(Personal("what you saw", keys={"wave": "which wave"}), models.TextField())
    assert (identifier, message) == ("privacy.E008", "website.Tide.seen declares keys, but it is no JSON field.")


@pytest.mark.django_db
def test_a_key_that_nobody_declared_is_refused_where_it_is_written():
    record(Kind.LOGIN_FAILED, area="resources")
    with (
        transaction.atomic(),
        pytest.raises(
            UndeclaredKey, match=r"audit\.AuditEvent\.detail was given keys that are not declared: 'shoe_size'\. Add them to keys="
        ),
    ):
        record(Kind.LOGIN_FAILED, shoe_size=43)
    with transaction.atomic(), pytest.raises(UndeclaredKey, match="shoe_size"):
        AuditEvent.objects.bulk_create([AuditEvent(kind=Kind.LOGIN_FAILED, detail={"area": "resources", "reason": {"shoe_size": 43}})])
