"""Old purchases out of a file, for staff: a preview, and then the import."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from purchases.books.exported import Unreadable
from purchases.books.importing import What
from purchases.forms.imports import ImportForm
from purchases.models import Channel

IMPORT = "purchases.change_webhookevent"


class ImportPage(admin.ModelAdmin):
    """Adds the page to the inbox, for what is imported comes there."""

    def get_urls(self) -> list[URLPattern]:
        return [path("import/", self.admin_site.admin_view(self.import_view), name="purchases_webhookevent_import"), *super().get_urls()]

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Look at the file first; what is confirmed then is exactly what was looked at."""
        if not request.user.has_perm(IMPORT):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        context: dict[str, Any] = {"form": form}
        if form.is_valid():
            try:
                if "confirmed" in request.POST and form.cleaned_data["kept"]:
                    return self.imported(request, form)
                context |= {"summary": form.preview(), "kept": form.to_keep}
            except Unreadable as error:
                form.add_error("table", str(error))
        context |= {**self.admin_site.each_context(request), "opts": self.opts, "title": _("Import old purchases")}
        return render(request, "admin/purchases/webhookevent/import.html", context)

    def imported(self, request: HttpRequest, form: ImportForm) -> HttpResponse:
        kept = form.keep(request).counts[What.KEPT]
        text = (
            ngettext("%d order is kept, and the workers fulfil it now.", "%d orders are kept, and the workers fulfil them now.", kept)
            % kept
        )
        self.message_user(request, text, messages.SUCCESS)
        channel = Channel.RECONCILE if form.cleaned_data["is_mailed"] else Channel.MANUAL
        return redirect(f"{reverse('admin:purchases_webhookevent_changelist')}?channel__exact={channel}")
