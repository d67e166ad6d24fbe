"""Answers that are given often, with placeholders."""

from django.contrib import admin

from privacy.staff import StaffAdmin
from support.models import CannedAnswer


@admin.register(CannedAnswer)
class CannedAnswerAdmin(StaffAdmin):
    list_display = ("title",)
    list_per_page = 50
    search_fields = ("title", "text")
    fields = ("title", "text")
