"""Folders, logs, backups, mails and files that fields name are declared, or the site does not start."""

from pathlib import Path

import pytest
from django.db import models
from django.test.utils import isolate_apps

from privacy import checks
from privacy.checks.named import every_purpose_has_a_basis, every_recipient_has_a_policy
from privacy.fates import Erased
from privacy.registry import Flow, ModelDeclaration, NotPersonal, Personal, Place, Purpose, Recipient, Retention, registry

FORTNIGHT = Retention("fortnight", "a fortnight", ended_by="the moon")


def found() -> list[tuple[str | None, str, str | None]]:
    return [(message.id, message.msg, message.hint) for message in checks.every_place_is_declared(None)]


@pytest.mark.parametrize("name", ["SHELLS_DIR", "SHELLS_LOG", "SHELLS_ROOT"])
def test_a_folder_or_log_that_nobody_declared(settings, monkeypatch, name):
    setattr(settings, name, Path("/srv/shells"))
    ((identifier, message, hint),) = found()
    assert (identifier, message) == ("privacy.E009", f"The place that the setting {name} names is not declared.")
    assert hint == (
        f'Write registry.flow(Flow("slug", (), _("what lies there"), RETENTION, places=(Place("{name}", …),))) in the app\'s personal_data.py, '
        f'with a retention that has a destroyer, or registry.place("{name}", NotPersonal("why nothing of anybody lies there")).'
    )
    with monkeypatch.context() as patch:
        patch.setattr(registry, "flows", [*registry.flows, Flow("shells", (), "shells", FORTNIGHT, places=(Place(name),))])
        assert found() == []
    monkeypatch.setitem(registry.places, name, NotPersonal("shells are nobody's"))
    assert found() == []


def test_a_folder_that_is_not_used_here(settings):
    settings.SHELLS_DIR = ""
    assert found() == []


def test_a_log_handler_that_nobody_declared(settings):
    settings.LOGGING = settings.LOGGING | {"handlers": settings.LOGGING["handlers"] | {"elsewhere": {"class": "logging.FileHandler"}}}
    ((identifier, message, hint),) = found()
    assert (identifier, message) == ("privacy.E009", "The log handler 'elsewhere' of LOGGING is not declared.")
    assert 'places=(Place("LOGGING.elsewhere", …),)' in (hint or "")


@pytest.mark.parametrize("place", ["EMAIL_BACKEND", "SUPPORT_BACKUP_DAYS"])
def test_mails_and_backups_are_declared_in_any_case(monkeypatch, place):
    monkeypatch.setattr(registry, "flows", [flow for flow in registry.flows if place not in {one.name for one in flow.places}])
    assert [message for _identifier, message, _hint in found()] == [f"What {place} stands for is not declared."]


def test_a_place_that_is_gone(monkeypatch):
    monkeypatch.setitem(registry.places, "SHELLS_DIR", NotPersonal("shells are nobody's"))
    assert found() == [("privacy.E010", "The place SHELLS_DIR is declared, but there is no such setting or file field.", "Remove it.")]


def test_a_file_field_that_nobody_declared(monkeypatch):
    with isolate_apps("website") as apps:

        class Tide(models.Model):  # noqa: DJ008
            picture = models.FileField()

            class Meta:
                app_label = "website"

        monkeypatch.setattr(apps, "get_models", lambda **options: [Tide])
        monkeypatch.setattr(checks.places, "apps", apps)
        personal = ModelDeclaration("website.Tide", "Your tides", {"picture": Personal("a picture of you")})
        monkeypatch.setitem(registry.models, "website.Tide", personal)
        ((identifier, message, hint),) = found()
        assert (identifier, message) == ("privacy.E009", "Where the files of website.Tide.picture lie is not declared.")
        assert 'places=(Place("website.Tide.picture", …),)' in (hint or "")
        with monkeypatch.context() as patch:
            flow = Flow("pictures", (), "pictures", FORTNIGHT, places=(Place("website.Tide.picture"),))
            patch.setattr(registry, "flows", [*registry.flows, flow])
            assert found() == []
        nobodys = ModelDeclaration("website.Tide", "Tides", {"picture": NotPersonal("a picture of the sea")})
        monkeypatch.setitem(registry.models, "website.Tide", nobodys)
        assert found() == []


@pytest.mark.parametrize(
    ("place", "identifiers"),
    [
        (Place("SHELLS_DIR"), ["privacy.E033"]),
        (Place("SHELLS_DIR", eraser="mailroom.erasing.no_such"), ["privacy.E032"]),
        (Place("SHELLS_DIR", eraser="mailroom.erasing.HEAD"), ["privacy.E032"]),
        (Place("SHELLS_DIR", eraser="mailroom.erasing.destroy"), []),
        (Place("SHELLS_DIR", unerased="shells are nobody's"), []),
    ],
)
def test_a_place_that_no_erasure_reaches(monkeypatch, place, identifiers):
    assert checks.every_place_is_reached_by_erasure(None) == []
    monkeypatch.setattr(registry, "flows", [*registry.flows, Flow("shells", (), "shells", FORTNIGHT, places=(place,))])
    assert [message.id for message in checks.every_place_is_reached_by_erasure(None)] == identifiers


def test_a_file_field_that_no_erasure_reaches(monkeypatch):
    with isolate_apps("website") as apps:

        class Tide(models.Model):  # noqa: DJ008
            picture = models.FileField()

            class Meta:
                app_label = "website"

        monkeypatch.setattr(apps, "get_models", lambda **options: [Tide])
        monkeypatch.setattr(checks.places, "apps", apps)
        for by, identifiers in (("", ["privacy.E033"]), ("mailroom.erasing.destroy", [])):
            tide = ModelDeclaration("website.Tide", "Your tides", {"picture": Personal("a picture of you")}, fate=Erased(by=by))
            monkeypatch.setitem(registry.models, "website.Tide", tide)
            assert [message.id for message in checks.every_place_is_reached_by_erasure(None)] == identifiers


def test_a_purpose_without_a_basis(monkeypatch):
    tides = Purpose("tides", "to tell the tides", "")
    monkeypatch.setitem(registry.models, "website.Tide", ModelDeclaration("website.Tide", "Your tides", {}, purposes=(tides,)))
    (message,) = every_purpose_has_a_basis(None)
    assert (message.id, message.msg) == ("privacy.E011", "The purpose 'tides' has no basis.")
    assert "Purpose('tides', _(\"to do what\")" in (message.hint or "")


@pytest.mark.parametrize(
    ("recipient", "sentence"),
    [
        (Recipient("sea", "", "washes ashore", "https://sea.example/privacy"), "has no name."),
        (Recipient("sea", "The Sea", "washes ashore", ""), "has no privacy policy to link to."),
        (Recipient("sea", "The Sea", "washes ashore", "sea.example"), "has no privacy policy to link to."),
    ],
)
def test_a_recipient_without_name_or_policy(monkeypatch, recipient, sentence):
    monkeypatch.setattr(registry, "recipients", [*registry.recipients, recipient])
    (message,) = every_recipient_has_a_policy(None)
    assert (message.id, message.msg) == ("privacy.E012", f"The recipient 'sea' {sentence}")
    assert "policy_url=" in (message.hint or "")


def test_a_former_recipient_may_have_no_policy_any_more(monkeypatch):
    monkeypatch.setattr(registry, "recipients", [Recipient("sea", "The Sea", "washed ashore", "", is_former=True)])
    assert every_recipient_has_a_policy(None) == []
