"""Promotions as staff set them up: one page with everything, a preview, and then publishing and stopping as steps of their own."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.forms.files import EditionChoice
from downloads.models import Edition
from privacy.deciding import DecidingAdmin, NoReason
from privacy.staff import StaffInline
from promotions import staging
from promotions.admin.leading import live_link
from promotions.forms.registering import CodeForm
from promotions.forms.staff import LONGEST_TEXT, GrantFormSet, PromotionForm
from promotions.models import AskedField, CodeBatch, PromoCode, Promotion, PromotionGrant, Stage
from promotions.views import show_promotion

CHANGE = "promotions.change_promotion"
FORMSETS_MOST = 50


class GrantInline(StaffInline):
    model = PromotionGrant
    formset = GrantFormSet
    extra = 1
    max_num = FORMSETS_MOST
    verbose_name_plural = gettext_lazy("What it gives")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PromotionGrant]:
        return super().get_queryset(request).select_related("product", "edition")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Editions of all products stand in one menu: each says whose it is."""
        if db_field.name == "edition":
            kwargs |= {"form_class": EditionChoice, "queryset": Edition.objects.with_products()}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class AskedInline(StaffInline):
    model = AskedField
    extra = 0
    max_num = FORMSETS_MOST
    verbose_name_plural = gettext_lazy("What it asks besides the e-mail address, each with its reason")


class StageFilter(admin.SimpleListFilter):
    title = gettext_lazy("stage")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return Stage.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.in_stage(self.value(), timezone.now())


@admin.register(Promotion)
class PromotionAdmin(DecidingAdmin):
    form = PromotionForm
    inlines = (GrantInline, AskedInline)
    list_display = ("title", "stage", "starts_at", "ends_at", "limit", "used", "held", "live")
    list_filter = (StageFilter,)
    list_per_page = 50
    csv_leaves_out = ("live",)  # a link
    search_fields = ("title", "slug")
    prepopulated_fields = {"slug": ("title",)}
    change_form_template = "admin/promotions/promotion/change_form.html"
    deciding_template = "admin/promotions/promotion/decide.html"

    def get_fieldsets(self, request: HttpRequest, obj: Promotion | None = None) -> Any:
        zone = _("All times are in the time zone %(zone)s.") % {"zone": timezone.get_current_timezone_name()}
        state = ("stage", "used", "held", "remaining", "stopped_at", "stop_reason")
        return [
            (None, {"fields": ("title", "slug", "summary", "text")}),
            (_("When"), {"fields": ("starts_at", "ends_at"), "description": zone}),
            (_("How much"), {"fields": ("limit", "limit_per_person", "upgrade_months")}),
            *([(_("Where it stands"), {"fields": state})] if obj else []),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Promotion | None = None) -> tuple[str, ...]:
        """The address of a page that is public stays: people have it."""
        facts = ("stage", "used", "held", "remaining", "stopped_at", "stop_reason")
        return (*facts, "slug") if obj and obj.is_published else facts

    def get_prepopulated_fields(self, request: HttpRequest, obj: Promotion | None = None) -> dict[str, Any]:
        return {} if obj else {**super().get_prepopulated_fields(request, obj)}

    @admin.display(description=gettext_lazy("stage"))
    def stage(self, promotion: Promotion) -> str:
        return str(promotion.stage.label)

    @admin.display(description=gettext_lazy("uses left"))
    def remaining(self, promotion: Promotion) -> str:
        return _("no limit") if promotion.left is None else str(promotion.left)

    @admin.display(description=gettext_lazy("live page"))
    def live(self, promotion: Promotion) -> str:
        return live_link("promotion", promotion)

    def save_model(self, request: HttpRequest, obj: Promotion, form: forms.ModelForm, change: bool) -> None:
        """Of one that is there already what this form changed, and never the counters, which move meanwhile."""
        if change:
            obj.save(update_fields=form.changed_data)
        else:
            super().save_model(request, obj, form, change)

    def response_post_save_add(self, request: HttpRequest, obj: Promotion) -> HttpResponseRedirect:
        """To the page of the new promotion, where it is looked at and published."""
        return redirect("admin:promotions_promotion_change", obj.pk)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> HttpResponse:
        if promotion := context["original"]:
            may_change = self.has_change_permission(request, promotion)
            context |= {
                "may_change": may_change,
                "may_publish": may_change and not promotion.is_published,
                "may_withdraw": may_change and staging.may_be_withdrawn(promotion),
                "may_stop": may_change and promotion.is_on,
                "batches": promotion.batches.all()[:FORMSETS_MOST] if request.user.has_perm("promotions.view_codebatch") else [],
            }
        return super().render_change_form(request, context, *args, **options)

    def get_urls(self) -> list[URLPattern]:
        views = {"preview": self.preview, "publish": self.publish_view, "withdraw": self.withdraw_view}
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"promotions_promotion_{name}") for name, view in views.items()
        ]
        return own + super().get_urls()

    # Deleting

    def has_delete_permission(self, request: HttpRequest, obj: Promotion | None = None) -> bool:
        """One that nobody registered for, and that is not on."""
        return super().has_delete_permission(request, obj) and (obj is None or staging.may_be_deleted(obj))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Each is deleted on its own page, which says what goes with it."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What goes with it, in numbers: Django would read and list a million codes."""
        batches = CodeBatch.objects.filter(promotion__in=objs)
        codes = sum(batches.values_list("made", flat=True))
        counts = {model._meta.verbose_name_plural: count for model, count in ((CodeBatch, batches.count()), (PromoCode, codes)) if count}
        return [capfirst(str(one)) for one in objs], counts, set(), []

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        if not staging.delete_unused(obj):  # type: ignore[arg-type]
            raise PermissionDenied

    # The steps

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page as visitors will see it, a draft's too; with what is in the form, if it was sent. Nothing is saved."""
        promotion: Promotion = self.get_object(request, str(pk))
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        if "title" in request.POST:
            promotion.title = request.POST["title"][:100]
            promotion.summary = request.POST.get("summary", "")[:200]
            promotion.text = request.POST.get("text", "")[:LONGEST_TEXT]
        promotion.is_published = True
        return show_promotion(request, promotion, CodeForm(promotion), "admin/promotions/promotion/preview.html")

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give it its page."""
        promotion: Promotion = self.get_object(request, str(pk))
        missing = staging.what_is_missing(promotion)
        return self.decide(
            request,
            promotion,
            title=_("Publish this promotion"),
            form=NoReason(None if missing or request.method != "POST" else request.POST),
            effect=lambda _values: staging.publish(promotion, request),
            done=_("It is published: its page is there."),
            possible=not promotion.is_published,
            missing=missing,
            has_codes=promotion.batches.exists(),
        )

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Back to draft, before it begins."""
        promotion: Promotion = self.get_object(request, str(pk))
        return self.decide(
            request,
            promotion,
            title=_("Back to draft"),
            form=NoReason(request.POST if request.method == "POST" else None),
            effect=lambda _values: staging.withdraw(promotion, request),
            done=_("It is a draft again: nobody sees it until you publish it once more."),
            possible=staging.may_be_withdrawn(promotion),
            withdrawing=True,
        )
