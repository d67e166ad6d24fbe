"""Customers, as staff see them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.contact import CONTACT_FIELDS
from accounts.models import RecordOpening, User
from accounts.openings import key_to
from accounts.requests import AccountsRequest
from accounts.roles import APPOINT, lock_rights, may_appoint, role_of
from audit.kinds import Kind
from audit.log import record
from privacy.reach import rows_of_one
from privacy.staff import StaffAdmin

RIGHTS = ("is_staff", "groups")


class CustomerForm(forms.ModelForm):
    """What staff change is what they change on the page that they have seen, and not what the customer has changed since: that stays."""

    class Meta:
        model = User
        fields = ()

    @cached_property
    def changed_data(self) -> list[str]:
        fields = [(name, self.fields[name]) for name in super().changed_data]
        return [name for name, field in fields if field.has_changed(self.initial.get(name), self[name].data)]


@admin.register(User)
class UserAdmin(StaffAdmin):
    """Customers and staff. Nobody sets another's password (ASVS 6.4.6): the person asks for a link at the log-in."""

    form = CustomerForm
    change_form_template = "admin/accounts/user/change_form.html"
    list_display = ("email", "name", "company", "city", "country", "is_staff", "opened_at")
    list_filter = ("is_staff", "opened_at")
    search_fields = ("email_key__startswith", "name__words", "company__words", "purchases__order_reference__exact")
    search_help_text = _("The beginning of an e-mail address, of a name or of a company, or a whole order reference.")
    readonly_fields = ("email", "opened_at", "last_login", "is_superuser")
    fieldsets = (
        (None, {"fields": ("email", "opened_at", "last_login")}),
        (_("Contact data"), {"fields": CONTACT_FIELDS}),
    )
    staff_fieldset = (_("Staff"), {"fields": (*RIGHTS, "is_superuser")})
    filter_horizontal = ("groups",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The page carries the contact data that it was shown with."""
        shown = {"show_hidden_initial": True} if db_field.name in CONTACT_FIELDS else {}
        return super().formfield_for_dbfield(db_field, request, **kwargs | shown)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        staff = (self.staff_fieldset,) if request.user.has_perm(APPOINT) else ()
        return (*super().get_fieldsets(request, obj), *staff)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only administration decides who is staff, nobody about themselves, and about superusers the command line alone."""
        free = request.user.has_perm(APPOINT) and obj is not None and obj.pk != request.user.pk and not obj.is_superuser
        return (*super().get_readonly_fields(request, obj), *(() if free else RIGHTS))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Rights change one at a time, by somebody who has theirs still: so one administrator is always left, the one who decides.

        What the form did not change is not written: the customer may be choosing a new password or address at this very moment.
        """
        if set(RIGHTS) & set(form.changed_data):
            lock_rights()
            if not may_appoint(int(request.user.pk or 0)):
                raise PermissionDenied
        User.objects.touch(obj.pk)
        obj.save(update_fields=[name for name in form.changed_data if name != "groups"])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if rights := sorted(set(RIGHTS) & set(form.changed_data)):
            user = form.instance
            RecordOpening.objects.filter(staff=user).close()
            given = sorted(group.name for group in user.groups.all())
            facts = {"role": role_of(request.user), "changed": rights, "is_staff": user.is_staff, "roles": given}
            record(Kind.STAFF_CHANGED, user=user, actor=request.user, request=request, **facts)

    def render_change_form(self, request: Any, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        """The customer's page leads to their rows, and to the page where one says what for."""
        if customer := context.get("original"):
            context |= {"rows": self.rows_of(request, customer), "key": key_to(request.user, customer)}
        return super().render_change_form(request, context, *args, **kwargs)

    def rows_of(self, request: AccountsRequest, customer: User) -> list[tuple[str, str]]:
        """The lists of rows that lead to the customer, by title and address: of every room, as far as the viewer may see them."""
        found = []
        for model, shows in self.admin_site._registry.items():
            lookup = rows_of_one(model)
            if lookup and shows.has_view_permission(request):
                address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
                found.append((capfirst(str(model._meta.verbose_name_plural)), f"{address}?{urlencode({lookup: customer.pk})}"))
        return sorted(found)
