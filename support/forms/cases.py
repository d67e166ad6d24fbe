"""The forms of cases: asking without a log-in, asking as a customer, and writing on (promises C9, G8)."""

from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.addresses import address_key, validate_mailable, without_tag
from accounts.limits import CASES_ACCOUNT, CASES_ADDRESS, CASES_NETWORK, demand, demand_all
from accounts.models import User
from accounts.requests import AccountsRequest
from downloads.models import Entitlement, Product
from infacta.long_text import LongTextField
from infacta.network import client_ip, network_of
from privacy.ribbon import note
from support.cases.attaching import CannotAttach, Incoming
from support.cases.circumstances import circumstances_of, printable
from support.cases.opening import Request, open_case
from support.cases.priority import products_with_priority
from support.cases.writing import customer_writes
from support.forms.files import FilesField
from support.forms.form_numbers import FormNumberField, submission_of
from support.models import Case, CaseDetails, CaseMessage, Channel
from support.personal_data import TOLD
from support.vault.uploads import refusal_of

LONGEST = 20_000
LONGEST_VERSION = 50


class WritingForm(forms.Form):
    """Words and files. `form_number` is random: the same words from the same form are one case or message, however often they are sent."""

    form_number = FormNumberField()
    text = LongTextField(label=_("Your message"), longest=LONGEST)
    attachments = FilesField()
    place = ""

    def __init__(self, request: HttpRequest, **options: Any) -> None:
        self.request = request
        sent: dict[str, Any] = {"data": request.POST, "files": request.FILES} if request.method == "POST" else {}
        super().__init__(**sent, **options)

    def clean(self) -> dict[str, Any]:
        if refusal := refusal_of(self.request):
            self.add_error("attachments", refusal)
        return super().clean() or self.cleaned_data

    def refuse_files(self, refusal: CannotAttach) -> None:
        """For what is known only once the files are being kept."""
        self.add_error("attachments", str(refusal))

    def incoming(self) -> list[Incoming]:
        return [Incoming(file.name, file.size, file.chunks()) for file in self.cleaned_data["attachments"]]

    def submission(self) -> str:
        """Of the form's number, of where the form stands, and of all that was typed and attached."""
        number = f"{self.place}:{self.cleaned_data['form_number']}"
        typed = [str(value) for name, value in sorted(self.cleaned_data.items()) if name not in ("form_number", "attachments")]
        files = [f"{file.name}/{file.size}" for file in self.cleaned_data["attachments"]]
        return submission_of(number, *typed, *files)


class AskingForm(WritingForm):
    """What every new case is asked."""

    subject = forms.CharField(label=_("In a few words"), max_length=150)
    product = forms.ModelChoiceField(
        Product.objects.none(), label=_("Product"), required=False, to_field_name="slug", empty_label=_("No product in particular")
    )
    version = forms.CharField(label=_("Version"), required=False, max_length=LONGEST_VERSION, help_text=_("As far as you know it."))

    def __init__(self, request: HttpRequest, products: "QuerySet[Product]", **options: Any) -> None:
        super().__init__(request, **options)
        product, text = self.fields["product"], self.fields["text"]
        product.queryset = products  # type: ignore[attr-defined]
        text.label, text.help_text = (
            _("What happened"),
            _("What you did, what you expected, and what you saw instead. Never a password, please."),
        )

    def is_new(self) -> bool:
        return not Case.objects.filter(submission=self.submission()).exists()

    def told(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("subject", "version")}


class PublicCaseForm(AskingForm):
    """For everybody. Products link it with `product`, `version` and `system` in the query: they are filled in, as far as they mean something."""

    name = forms.CharField(label=_("Your name"), required=False, max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        validators=[validate_mailable],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("Our answer goes there, and nothing else."),
    )
    system = forms.CharField(
        label=_("Your system"),
        required=False,
        max_length=100,
        help_text=_("Such as Windows 11, if it may matter. Leave it empty as you like."),
    )
    from_product = forms.BooleanField(required=False, widget=forms.HiddenInput)
    field_order = ("name", "email", "product", "version", "system", "subject", "text", "form_number", "from_product", "attachments")

    def __init__(self, request: HttpRequest) -> None:
        products = Product.objects.public()
        super().__init__(request, products, initial=linked_by(request, products) if request.method != "POST" else {})

    def open(self) -> Case:
        """TooManyTries; CannotAttach. Whether the address has an account is not even looked up."""
        email, ip = self.cleaned_data["email"], client_ip(self.request)
        if self.is_new():
            demand_all([(CASES_NETWORK, network_of(ip)), (CASES_ADDRESS, without_tag(address_key(email)))])
        system = self.cleaned_data["system"]
        details = CaseDetails(
            name=self.cleaned_data["name"], email=email, circumstances={"system": system} if system else None, **self.told()
        )
        channel = Channel.PRODUCT if self.cleaned_data["from_product"] else Channel.FORM
        asked = Request(
            channel,
            details,
            self.cleaned_data["text"],
            product=self.cleaned_data["product"],
            files=self.incoming(),
            submission=self.submission(),
        )
        case = open_case(asked, self.request)
        note(self.request, TOLD)  # the foot of the page says so
        return case


def linked_by(request: HttpRequest, products: "QuerySet[Product]") -> dict[str, Any]:
    """What the link of a product fills in; whatever is no product of ours, or cannot be printed, is left out without a word."""
    slug = request.GET.get("product", "")
    known = slug.isascii() and products.filter(slug=slug[:50]).exists() if slug else False
    if not known:
        return {}
    version, system = printable(request.GET.get("version", ""))[:LONGEST_VERSION], printable(request.GET.get("system", ""))
    return {"product": slug, "version": version, "system": system, "from_product": "on"}


class CustomerCaseForm(AskingForm):
    """For customers: who they are is known, and what they bought comes first. Of those with priority support it records browser and computer."""

    field_order = ("product", "version", "subject", "text", "form_number", "attachments")

    def __init__(self, request: AccountsRequest) -> None:
        super().__init__(request, products_for(request.user))
        self.user, self.place = request.user, f"customer {request.user.pk}"
        self.priority = products_with_priority(request.user)
        self.circumstances = circumstances_of(request) if self.priority else {}

    def open(self) -> Case:
        """TooManyTries; CannotAttach."""
        if self.is_new():
            demand(CASES_ACCOUNT, str(self.user.pk))
        product = self.cleaned_data["product"]
        is_priority = product in self.priority
        details = CaseDetails(
            name=self.user.name, email=self.user.email, circumstances=self.circumstances if is_priority else None, **self.told()
        )
        asked = Request(
            Channel.AREA,
            details,
            self.cleaned_data["text"],
            user=self.user,
            product=product,
            is_priority=is_priority,
            files=self.incoming(),
            submission=self.submission(),
        )
        case = open_case(asked, self.request)
        note(self.request, TOLD)  # the foot of the page says so
        return case


def products_for(user: "User | AnonymousUser") -> "QuerySet[Product]":
    """What the customer bought first, and then what else there is to be seen."""
    bought = Exists(Entitlement.objects.filter(user=user.pk, product=OuterRef("pk")))
    return (
        Product.objects.annotate(is_bought=bought).filter(Q(is_public=True) | Q(is_bought=True)).order_by("-is_bought", "position", "name")
    )


class ReplyForm(WritingForm):
    """Writing on in a case."""

    field_order = ("text", "form_number", "attachments")

    def __init__(self, request: HttpRequest, case: Case) -> None:
        self.case, self.place = case, f"case {case.pk}"
        super().__init__(request)

    def send(self, channel: Channel) -> CaseMessage:
        """Gone; CannotAttach; TooManyTries."""
        return customer_writes(
            self.case,
            self.cleaned_data["text"],
            channel,
            incoming=self.incoming(),
            submission=self.submission(),
            request=self.request,
        )
