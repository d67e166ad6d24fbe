"""The column of a list that leads to the live pages, and back again from there (promotions/live_urls.py)."""

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _


def live_link(page: str, row: Model) -> SafeString:
    """A link to the live page of this row, which says what it leads to, for those who hear it among many."""
    address = reverse(f"promotions_live:{page}", args=[row.pk])
    return format_html('<a href="{}" aria-label="{}">{}</a>', address, _("%(row)s, live") % {"row": row}, _("live"))
