"""The forms in which staff write an announcement, and choose whom it is for."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.audience import Audience, audiences
from announcements.models import Announcement, Condition, State, Topic
from downloads.models import Product, Release
from infacta.long_text import LongTextField
from infacta.paging import number_in

EDITED = ("subject", "preheader", "body", "products", "releases", "topic", "language", "is_public", "slug")
LONGEST_BODY = 50_000
MOST_PICKED = 20
ROWS = 6
PREFIX = "audience_"


def audience_names() -> list[str]:
    """The names of the form's fields for the audience, one a kind."""
    return [f"{PREFIX}{slug}" for slug in audiences]


def field_of(audience: Audience, chosen: Sequence[str] = ()) -> forms.MultipleChoiceField:
    """What was chosen once stays to be seen, and to be taken away, when it is not among the choices any more."""
    choices = [(value, str(words)) for value, words in audience.choices()]
    offered = {value for value, _words in choices}
    choices += [(value, _("(not offered any more: %(value)s)") % {"value": value}) for value in chosen if value not in offered]
    return forms.MultipleChoiceField(
        label=capfirst(str(audience.title)),
        choices=choices,
        initial=list(chosen),
        required=False,
        help_text="" if choices else _("There is nothing to choose from yet."),
        widget=forms.SelectMultiple(attrs={"size": min(max(len(choices), 2), ROWS), "class": "audience"}),
    )


def conditions_in(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """The conditions that a form's values say; kinds of which nothing is chosen do not stand there."""
    return {slug: values[f"{PREFIX}{slug}"] for slug in audiences if values.get(f"{PREFIX}{slug}")}


class AudienceForm(forms.Form):
    """Whom it would go to: asked while somebody writes, and not saved."""

    topic = forms.ChoiceField(choices=Topic.choices)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields |= {f"{PREFIX}{slug}": field_of(audience) for slug, audience in audiences.items()}


class AnnouncementForm(forms.ModelForm):
    """An announcement, while it is a draft. `seen` is the version that the page was shown with."""

    body = LongTextField(
        label=_("Text"),
        longest=LONGEST_BODY,
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 18, "dir": "auto"}),
        help_text=_(
            "Markdown: **bold**, - lists, [links](https://…), # headings. A greeting stands before it, unless you write {{ greeting }} yourself."
        ),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Announcement
        fields = EDITED

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        chosen: dict[str, list[str]] = {}
        if self.instance.pk:
            self.initial["seen"] = str(self.instance.version)
            for condition in self.instance.conditions.all():
                chosen.setdefault(condition.audience, []).append(condition.value)
        for slug, audience in audiences.items():
            self.fields[f"{PREFIX}{slug}"] = field_of(audience, chosen.get(slug, ()))
        for name in ("subject", "preheader"):
            if field := self.fields.get(name):
                field.widget.attrs |= {"class": "vLargeTextField", "dir": "auto"}

    def clean_products(self) -> Any:
        return self.few("products")

    def clean_releases(self) -> Any:
        return self.few("releases")

    def few(self, name: str) -> Any:
        """A mail has room for so many."""
        picked = self.cleaned_data[name]
        if len(picked) > MOST_PICKED:
            raise forms.ValidationError(_("%(most)d at most.") % {"most": MOST_PICKED})
        return picked

    def clean(self) -> dict[str, Any]:
        """Under the announcement's lock: it is still a draft, and nobody else saved it meanwhile."""
        values = super().clean() or {}
        present = Announcement.objects.select_for_update(no_key=True).filter(pk=self.instance.pk or 0).first()
        if present and present.state != State.DRAFT:
            raise forms.ValidationError(_("It was released meanwhile, and cannot be changed any more. Nothing was saved."))
        if present and values.get("seen") and values["seen"] != str(present.version):
            self.show_again(present)
        return values

    def show_again(self, present: Announcement) -> None:
        """Refuse to write over what somebody else saved; the form then carries the version of now, so that saving it once more is meant."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data["seen"] = str(present.version)
        self.data = data
        raise forms.ValidationError(
            _(
                "Somebody else changed this meanwhile. Nothing is saved yet, and your own words still stand here; look at theirs on this page in another tab, and save once more to write yours over these."
            )
        )

    def save_audience(self) -> None:
        """Its conditions, as the form has them."""
        self.instance.conditions.all().delete()
        chosen = [(kind, value) for kind, values in conditions_in(self.cleaned_data).items() for value in values]
        Condition.objects.bulk_create(Condition(announcement=self.instance, audience=kind, value=value) for kind, value in chosen)


def typed_announcement(data: Any) -> tuple[Announcement, Sequence[Product], Sequence[Release]]:
    """What stands in the form, be it valid or not, with what is picked there; nothing is saved."""
    languages = [value for value, _words in Announcement._meta.get_field("language").flatchoices]
    language = data.get("language", "")
    typed = Announcement(
        subject=data.get("subject", "")[:150],
        preheader=data.get("preheader", "")[:150],
        body=data.get("body", "")[:LONGEST_BODY].replace("\r\n", "\n").replace("\r", "\n"),
        language=language if language in languages else languages[0],
    )
    products = Product.objects.filter(pk__in=numbers_in(data, "products"))
    releases = Release.objects.filter(pk__in=numbers_in(data, "releases")).select_related("product")
    return typed, list(products), list(releases)


def numbers_in(data: Any, name: str) -> list[int]:
    return [number_in(one) for one in data.getlist(name)[:MOST_PICKED]]
