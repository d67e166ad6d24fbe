"""Profiles by which the forms and mails of partners are read, as staff edit them; and trying one on a sample before it counts."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.kinds import Kind
from audit.log import record
from privacy.staff import StaffAdmin
from purchases.models import FormProfile, OrderMailProfile
from purchases.partners.form_partner import FormPartner
from purchases.partners.registry import PARTNERS
from purchases.profiles.trials import LONGEST_SAMPLE, Trial, try_form, try_mail


class SampleForm(forms.Form):
    """A pasted sample; it is read, and kept nowhere."""

    sample = forms.CharField(
        label=gettext_lazy("Sample"), max_length=LONGEST_SAMPLE, strip=False, widget=forms.Textarea(attrs={"rows": 16, "cols": 90})
    )


class FormProfileForm(forms.ModelForm):
    partner = forms.ChoiceField(
        label=gettext_lazy("partner"),
        choices=lambda: [(slug, partner.name) for slug, partner in PARTNERS.items() if isinstance(partner, FormPartner)],
    )


class OrderMailProfileForm(forms.ModelForm):
    partner = forms.ChoiceField(label=gettext_lazy("partner"), choices=lambda: [(slug, partner.name) for slug, partner in PARTNERS.items()])


class ProfileAdmin(StaffAdmin):
    """What both kinds of profile have in common: the page that tries one, and the note of who changed it."""

    change_form_template = "admin/purchases/profile_change_form.html"
    attempt: Callable[[Any, str], Trial]
    explanation: Any

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_try"
        return [path("<int:pk>/try/", self.admin_site.admin_view(self.try_on_sample), name=name), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> HttpResponse:
        return super().render_change_form(request, context | {"try_url": f"admin:purchases_{self.opts.model_name}_try"}, *args, **options)

    def try_on_sample(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows what would come of a pasted sample. Nothing is stored."""
        profile = self._profile(request, pk)
        form = SampleForm(request.POST or None)
        trial = self.attempt(profile, form.cleaned_data["sample"]) if request.method == "POST" and form.is_valid() else None
        context = {"title": _("Try it on a sample"), "form": form, "trial": trial, "original": profile, "opts": self.opts}
        context |= {**self.admin_site.each_context(request), "explanation": self.explanation}
        return render(request, "admin/purchases/try_profile.html", context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._note(request, obj, switched_on=obj.is_on)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._note(request, obj, deleted=True)
        super().delete_model(request, obj)

    def get_actions(self, request: HttpRequest) -> Any:
        """Profiles are deleted one by one, so that each deletion is recorded."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def _profile(self, request: HttpRequest, pk: int) -> Any:
        if not self.has_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.model, pk=pk)

    def _note(self, request: HttpRequest, profile: Any, **detail: Any) -> None:
        record(
            Kind.PARTNER_PROFILE_CHANGED,
            request=request,
            actor=request.user,
            partner=profile.partner,
            profile=profile.pk,
            is_for=self.opts.model_name,
            **detail,
        )


@admin.register(FormProfile)
class FormProfileAdmin(ProfileAdmin):
    form = FormProfileForm
    list_display = ("partner", "is_on", "note")
    attempt = staticmethod(try_form)
    explanation = gettext_lazy(
        "Paste what the partner posts: the body as it is, or a name, = and its value a line. It is read by the saved profile."
    )
    fieldsets = (
        (None, {"fields": ("partner", "is_on", "note")}),
        (
            gettext_lazy("How the partner writes"),
            {"fields": ("character_set", "date_format", "utc_offset_minutes", "decimal_separator", "currency")},
        ),
        (gettext_lazy("Names of the order's fields"), {"fields": FormProfile.ORDER_NAMES}),
        (gettext_lazy("Names of a line's fields"), {"fields": FormProfile.LINE_NAMES}),
        (gettext_lazy("Names of the buyer's fields"), {"fields": FormProfile.BUYER_NAMES}),
        (
            gettext_lazy("What kind of notification it is"),
            {
                "fields": (
                    "test_flag",
                    "test_values",
                    "kind",
                    "purchase_values",
                    "renewal_values",
                    "refund_values",
                    "refund_reversed_values",
                    "chargeback_values",
                    "chargeback_reversed_values",
                )
            },
        ),
    )


@admin.register(OrderMailProfile)
class OrderMailProfileAdmin(ProfileAdmin):
    form = OrderMailProfileForm
    list_display = ("title", "partner", "kind", "is_on", "note")
    list_filter = ("partner", "is_on")
    attempt = staticmethod(try_mail)
    explanation = gettext_lazy(
        "Paste a mail of the partner, with its headers (in most mail programs: “show source”). It is read by the saved profile."
    )
    fieldsets = (
        (None, {"fields": ("title", "partner", "kind", "is_on", "note")}),
        (gettext_lazy("Which mails"), {"fields": ("sender", "subject", "requires_dkim", "dkim_domain", "authserv_id")}),
        (gettext_lazy("How the partner writes"), {"fields": ("date_format", "utc_offset_minutes", "decimal_separator", "currency")}),
        (
            gettext_lazy("The order: a pattern each"),
            {"fields": ("order_reference", "numbers_itself", "event_reference", "date", "total", "currency_pattern", "test")},
        ),
        (gettext_lazy("Its lines"), {"fields": ("product_code", "product_name", "quantity", "unit_price")}),
        (
            gettext_lazy("The buyer"),
            {
                "fields": (
                    "email",
                    "name",
                    "company",
                    "address1",
                    "address2",
                    "city",
                    "region",
                    "postal_code",
                    "country",
                    "telephone",
                    "fax",
                )
            },
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.make_secret)
        return [path("<int:pk>/secret/", view, name="purchases_ordermailprofile_secret"), *super().get_urls()]

    def make_secret(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A new secret for the address that the partner writes to: it stands in this one answer, and in nothing that is kept, such as a session."""
        profile = self._profile(request, pk)
        if request.method == "POST":
            secret = profile.make_secret()
            with transaction.atomic():
                profile.save(update_fields=["address_digest"])
                self._note(request, profile, address_made=True)
            context = {"title": _("The new secret address"), "secret": secret, "original": profile, "opts": self.opts}
            return render(request, "admin/purchases/made_secret_address.html", context | self.admin_site.each_context(request))
        context = {"title": _("Make a secret address"), "form": forms.Form(), "original": profile, "opts": self.opts}
        return render(request, "admin/purchases/make_secret.html", context | self.admin_site.each_context(request))
