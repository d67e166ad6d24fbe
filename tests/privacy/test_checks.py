"""What nobody declared, or nothing enforces, stops the start, with a sentence that says what to do."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from celery import Task
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.checks import CheckMessage
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import models
from django.test.utils import isolate_apps
from django.utils.module_loading import import_string

from infacta.schedule import SWEEPS
from privacy import categories, checks, sources
from privacy.areas import GENERAL, RESOURCES, STAFF
from privacy.cookies import Cookie
from privacy.fates import Erased
from privacy.registry import Flow, FoundBy, ModelDeclaration, NotPersonal, Personal, Purpose, Registry, Retention
from privacy.registry import registry as real_registry

FORTNIGHT = Retention("fortnight", "a fortnight", ended_by="the moon")
TIDES = Purpose("tides", "to tell the tides", "the sea")
COOKIE = Cookie("shell", "__Secure-", "/resources/", None, (RESOURCES,), "a shell", "listens")


@pytest.fixture
def fake(monkeypatch) -> Registry:
    """The registry, which declares nothing for the time of the test."""
    empty = Registry()
    for name in vars(empty):
        monkeypatch.setattr(real_registry, name, getattr(empty, name))
    return real_registry


@pytest.fixture
def tide(monkeypatch, fake) -> Iterator[type[models.Model]]:
    """The only model of a small site."""
    with isolate_apps("website") as apps:

        class Sailor(AbstractBaseUser):
            class Meta:
                app_label = "website"

        class Tide(models.Model):  # noqa: DJ008
            height = models.FloatField()
            seen_by = models.ForeignKey(Sailor, models.CASCADE)

            class Meta:
                app_label = "website"

        monkeypatch.setattr(apps, "get_models", lambda **options: [Tide])
        for module in (checks.models, checks.keys, checks.places):
            monkeypatch.setattr(module, "apps", apps)
        monkeypatch.setattr(checks.models, "get_user_model", lambda: Sailor)
        yield Tide


def declared(**changes: Any) -> ModelDeclaration:
    """A declaration of Tide that leaves nothing to say."""
    complete = ModelDeclaration(
        "website.Tide",
        "Your tides",
        {"id": NotPersonal("a running number"), "height": NotPersonal("the sea's"), "seen_by": Personal("who saw it")},
        areas=(RESOURCES,),
        purposes=(TIDES,),
        retention=FORTNIGHT,
        subject="seen_by",
        categories=(categories.ACTIVITY,),
        sources=(sources.SITE,),
        fate=Erased(),
    )
    return replace(complete, **changes)


def fields(**changes: Personal | NotPersonal | None) -> dict[str, Personal | NotPersonal]:
    """The fields of Tide, some declared otherwise, and some (None) not at all."""
    return {name: field for name, field in (dict(declared().fields) | changes).items() if field}


def found() -> list[tuple[str | None, str, str | None]]:
    messages: list[CheckMessage] = checks.every_field_is_declared(None)
    return [(message.id, message.msg, message.hint) for message in messages]


def test_a_complete_declaration_is_silent(tide, fake):
    fake.model(declared())
    assert found() == []


def test_a_model_that_nobody_declared(tide):
    ((identifier, message, hint),) = found()
    assert (identifier, message) == ("privacy.E001", "The model website.Tide is not declared.")
    assert hint.startswith("Write registry.model(ModelDeclaration('website.Tide', …)) in website/personal_data.py")


def test_a_declaration_of_a_model_that_is_gone(tide, fake):
    fake.model(declared())
    fake.model(declared(model="website.Ebb"))
    assert found() == [("privacy.E002", "website.Ebb is declared, but there is no such model.", "Remove the declaration.")]


def test_a_declaration_of_a_field_that_is_gone(tide, fake):
    fake.model(declared(fields=fields(depth=NotPersonal("the sea's"))))
    assert found() == [("privacy.E002", "website.Tide.depth is declared, but there is no such field.", "Remove it from the declaration.")]


@pytest.mark.parametrize("name", ["id", "height", "seen_by"])
def test_a_field_that_nobody_declared(tide, fake, name):
    fake.model(declared(fields=fields(**{name: None, "seen_at": NotPersonal("gone")} if name == "id" else {name: None})))
    assert (
        "privacy.E003",
        f"The field website.Tide.{name} is not declared.",
        f'Add "{name}" to the declaration of website.Tide: Personal("what it is") or NotPersonal("why it is not").',
    ) in found()


@pytest.mark.parametrize(
    ("gap", "missing"),
    [
        ({"areas": ()}, "areas"),
        ({"purposes": ()}, "purposes"),
        ({"subject": None}, "subject"),
        ({"retention": None}, "retention of seen_by"),
        ({"categories": ()}, "categories"),
        ({"sources": ()}, "sources"),
        ({"fate": None}, "fate"),
        (
            {"areas": (), "purposes": (), "categories": (), "sources": (), "fate": None, "subject": None, "retention": None},
            "areas, purposes, categories, sources, fate, subject, retention of seen_by",
        ),
    ],
)
def test_a_declaration_of_personal_data_with_a_gap(tide, fake, gap, missing):
    fake.model(declared(**gap))
    assert found() == [("privacy.E004", f"The declaration of website.Tide does not say: {missing}.", "Say it there.")]


def test_what_is_not_personal_needs_none_of_that(tide, fake):
    fake.model(ModelDeclaration("website.Tide", "Tides", fields(seen_by=NotPersonal("a ship, not a person"))))
    assert found() == []


def test_a_field_may_have_a_retention_of_its_own(tide, fake):
    fake.model(declared(retention=None, fields=fields(seen_by=Personal("who saw it", FORTNIGHT))))
    assert found() == []


@pytest.mark.parametrize("subject", ["seen_by", FoundBy("the colour of their sail")])
def test_a_subject_that_leads_somewhere(tide, fake, subject):
    fake.model(declared(subject=subject))
    assert found() == []


@pytest.mark.parametrize("subject", ["", "user", "seen_by__ship", "seen_by__password", "height__user", FoundBy("")])
def test_a_subject_that_leads_nowhere(tide, fake, subject):
    fake.model(declared(subject=subject))
    ((identifier, message, hint),) = found()
    assert (identifier, message) == ("privacy.E006", f"The subject {subject!r} of website.Tide leads to no account.")
    assert "Write the look-up path from the row to the account" in hint


def test_nothing_is_declared_twice(fake):
    fake.model(declared())
    with pytest.raises(ValueError, match=r"website\.Tide is declared twice: keep the declaration in the app that the model belongs to\."):
        fake.model(declared(title="Other tides"))


@pytest.mark.parametrize(
    "retention",
    [
        Retention("x", "a while"),
        Retention("x", "a while", longest=timedelta(days=1)),
        Retention("x", "a while", longest=timedelta(days=1), destroyer="audit.tasks.nobody_scheduled_this"),
        Retention("x", "a while", destroyer=SWEEPS[-1].task),
        Retention("x", "a while", longest=timedelta(days=1), destroyer=SWEEPS[-1].task, ended_by="the moon too"),
    ],
    ids=["nothing", "no task", "a task that never runs", "no limit", "both"],
)
def test_a_retention_that_nothing_enforces(fake, retention):
    fake.flow(Flow("wind", (GENERAL,), "the wind's speed", retention))
    (message,) = checks.every_retention_is_enforced(None)
    assert (message.id, message.msg) == ("privacy.E005", "The retention 'x' is promised, but nothing enforces it.")
    assert "infacta/schedule.py" in message.hint


@pytest.mark.parametrize(
    "place", [{"retention": Retention("x", "a while")}, {"fields": fields(seen_by=Personal("who", Retention("x", "a while")))}]
)
def test_retentions_of_models_and_fields_count_too(fake, place):
    fake.model(declared(**place))
    assert [message.id for message in checks.every_retention_is_enforced(None)] == ["privacy.E005"]


@pytest.mark.parametrize("retention", [FORTNIGHT, Retention("x", "a while", longest=timedelta(days=1), destroyer=SWEEPS[-1].task)])
def test_a_retention_that_is_enforced(fake, retention):
    fake.flow(Flow("wind", (GENERAL,), "the wind's speed", retention))
    assert checks.every_retention_is_enforced(None) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"prefix": ""}, "its prefix is neither __Host- nor __Secure-"),
        ({"prefix": "__Host-"}, "the prefix __Host- goes with the path / alone"),
        ({"areas": ()}, "no area may set it"),
        ({"areas": (RESOURCES, STAFF)}, "its path does not reach the area staff"),
        ({"areas": (GENERAL,)}, "its path does not reach the area general"),
        ({"path": "/resources/account/"}, "its path does not reach the area resources"),
    ],
)
def test_a_cookie_that_cannot_be(fake, change, problem):
    fake.cookie(replace(COOKIE, **change))
    (message,) = checks.every_cookie_can_be_set_as_declared(None)
    assert (message.id, message.msg) == ("privacy.E007", f"The cookie 'shell' cannot be as declared: {problem}.")
    assert "personal_data.py" in message.hint


def test_a_cookie_declared_twice(fake):
    fake.cookie(COOKIE)
    assert checks.every_cookie_can_be_set_as_declared(None) == []
    fake.cookie(replace(COOKIE, purpose="listens to something else"))
    messages = checks.every_cookie_can_be_set_as_declared(None)
    assert {message.msg for message in messages} == {"The cookie 'shell' cannot be as declared: its name is declared twice."}


def test_the_project_itself_has_nothing_to_declare():
    checks_of_ours = [getattr(checks, name) for name in checks.__all__ if name.startswith("every_")]
    assert len(checks_of_ours) == 11
    assert [message for check in checks_of_ours for message in check(None)] == []


def test_the_site_does_not_start_with_an_undeclared_field(monkeypatch):
    call_command("check")
    user = real_registry.models["accounts.User"]
    forgetful = replace(user, fields={name: field for name, field in user.fields.items() if name != "telephone"})
    monkeypatch.setitem(real_registry.models, "accounts.User", forgetful)
    with pytest.raises(SystemCheckError, match=r"\(privacy\.E003\) The field accounts\.User\.telephone is not declared"):
        call_command("check")


def test_what_ends_a_retention_is_a_task_that_exists():
    for retention in real_registry.retentions():
        if retention.destroyer:
            assert isinstance(import_string(retention.destroyer), Task), retention.slug
