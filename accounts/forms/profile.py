"""What customers say about themselves: contact data, and preferences (promise C11)."""

import unicodedata
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.contact import CONTACT_FIELDS
from accounts.forms.edits import EditForm
from accounts.models import User
from accounts.models.marketing_choice import ChoiceOrigin
from accounts.models.user import LINK_OR_ADDRESS
from audit.kinds import Kind
from audit.log import record
from infacta.reading import time_zones

AUTOCOMPLETE = {
    "name": "name",
    "company": "organization",
    "address1": "address-line1",
    "address2": "address-line2",
    "city": "address-level2",
    "region": "address-level1",
    "postal_code": "postal-code",
    "country": "country-name",
    "telephone": "tel",
    "fax": "fax tel",
}
INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")  # controls and line breaks, as Unicode classes them
JOINERS = "\u200c\u200d\u200e\u200f\u061c"  # invisible too, but names in Persian, Hindi, Hebrew and Arabic are spelled with them


def validate_line(text: str) -> None:
    """Refuse control characters, line breaks, and marks that turn the direction of what follows: none belongs to a name or an address."""
    if any(unicodedata.category(character) in INVISIBLE and character not in JOINERS for character in text):
        raise ValidationError(_("Write this on one line, without control characters."), code="invalid")


class ContactForm(EditForm):
    """All contact data. The country is free text, as partners report it: a list of ours would refuse what an envelope bears."""

    class Meta:
        model = User
        fields = CONTACT_FIELDS
        labels = {"address1": _("Address"), "address2": _("Address, second line"), "region": _("Region, state or county")}

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(user, data)
        for name, field in self.fields.items():
            field.validators.append(validate_line)
            field.widget.attrs["autocomplete"] = AUTOCOMPLETE[name]
        for name in ("telephone", "fax"):
            self.fields[name].widget.input_type = "tel"

    def apply(self, request: HttpRequest, user: User, changed: list[str]) -> None:
        for name in changed:
            setattr(user, name, self.cleaned_data[name])
        user.save(update_fields=changed)
        record(Kind.CONTACT_CHANGED, user=user, request=request, fields=changed)


class PreferencesForm(EditForm):
    """How we address the customer, in which language and time zone, and whether announcements are welcome."""

    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        help_text=_("Of these pages, and of our mails to you."),
        error_messages={"invalid_choice": _("Choose one from the list.")},
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        help_text=_("In which times are shown, here and in our mails to you."),
        error_messages={"invalid_choice": _("Choose one from the list.")},
    )
    announcements = forms.BooleanField(label=_("Send me announcements of new releases and special offers"), required=False)

    class Meta:
        model = User
        fields = ("greeting", "greets", "language", "time_zone")

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(user, data)
        self.fields["greeting"].validators.append(validate_line)
        self.fields["greeting"].widget.attrs["autocomplete"] = "nickname"
        self.fields["language"].choices = [("", _("As your browser asks")), *settings.LANGUAGES]  # type: ignore[attr-defined]
        zones = [(region, [(name, place_of(name)) for name in names]) for region, names in time_zones().items()]
        self.fields["time_zone"].choices = [("", _("The site's own: %(zone)s") % {"zone": settings.TIME_ZONE}), *zones]  # type: ignore[attr-defined]
        self.initial["announcements"] = self.value_of(user, "announcements")

    def clean_greeting(self) -> str:
        greeting: str = self.cleaned_data["greeting"]
        if LINK_OR_ADDRESS.search(greeting):
            raise ValidationError(_("A name to greet you by has no link and no address in it."))
        return greeting

    def value_of(self, user: User, name: str) -> Any:
        return user.opted_out_at is None if name == "announcements" else getattr(user, name)

    def in_words(self, name: str, value: Any) -> str:
        choices: Any = getattr(self.fields[name], "choices", ())
        return str(dict(choices).get(value, value)) if choices else super().in_words(name, value)

    def apply(self, request: HttpRequest, user: User, changed: list[str]) -> None:
        if "announcements" in changed:
            choose = user.opt_in if self.cleaned_data["announcements"] else user.opt_out
            choose(ChoiceOrigin.PREFERENCES, request)
        if saved := [name for name in changed if name != "announcements"]:
            for name in saved:
                setattr(user, name, self.cleaned_data[name])
            user.save(update_fields=saved)
            record(Kind.PREFERENCES_CHANGED, user=user, request=request, fields=saved)


def place_of(zone: str) -> str:
    """`America/Argentina/Buenos_Aires` as a person reads it."""
    return zone.partition("/")[2].replace("_", " ").replace("/", ", ")
