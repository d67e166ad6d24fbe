"""The evidence pack of a purchase: a reason, and then one file to print or to hand on."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.roles import in_role
from audit.kinds import Kind
from audit.log import record
from infacta.attachment import attachment
from purchases.evidence import evidence_of
from purchases.forms.evidence import EvidenceForm
from purchases.models import Purchase


class EvidencePage(admin.ModelAdmin):
    """Adds the page to a purchase, for whoever sees that purchase."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(never_cache(self.evidence_view))
        return [path("<int:pk>/evidence/", view, name="purchases_purchase_evidence"), *super().get_urls()]

    def evidence_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the reason, record it, and hand over the file. A purchase that is out of reach is answered with 404."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        purchase: Purchase = self.get_object(request, str(pk))  # type: ignore[assignment]
        form = EvidenceForm(request.POST or None)
        if form.is_valid():
            return taken(request, purchase, form.cleaned_data["reason"])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": purchase,
            "form": form,
            "title": _("Put the evidence together"),
        }
        return render(request, "admin/purchases/purchase/evidence.html", context)


@transaction.atomic
def taken(request: HttpRequest, purchase: Purchase, reason: str) -> HttpResponse:
    """The file, and that it was taken: both or neither."""
    facts = {"purchase": purchase.pk, "partner": purchase.partner, "order": purchase.order_reference, "reason": reason}
    record(Kind.EVIDENCE_TAKEN, user=purchase.user, actor=request.user, request=request, **facts, **in_role(request.user))
    context = {"evidence": evidence_of(purchase), "made_at": timezone.now(), "reason": reason}
    page = render_to_string("purchases/evidence.html", context)
    name = f"evidence-{slugify(f'{purchase.partner}-{purchase.order_reference}')}.html"
    headers = {"Content-Disposition": attachment(name), "X-Content-Type-Options": "nosniff"}
    return HttpResponse(page, content_type="text/html; charset=utf-8", headers=headers)
