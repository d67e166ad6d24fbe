"""{% join_form "/" %}: the form to join the announcement group, on whatever page; the same for everybody who reads the same language."""

from functools import lru_cache

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from announcements.forms.joining import FOOT, JoinForm
from announcements.group.wording import language_now, version_in
from mailroom.provider import providers
from privacy.registry import Recipient

register = template.Library()


@register.simple_tag
def mail_provider() -> Recipient | None:
    """Who sends our mails, if that is a provider."""
    return next(iter(providers()), None)


@register.simple_tag
def join_form(source: str) -> SafeString:
    """The form as it stands on the page `source` (announcements.forms.joining.SOURCE). It is rendered once: pages are read far more often than joined from."""
    language = language_now()
    return rendered(source, language, version_in(language))


@lru_cache(maxsize=512)
def rendered(source: str, language: str, wording: str) -> SafeString:
    """By the version of its words too: a form with other words than those of now would be refused."""
    form = JoinForm(source=source, auto_id=f"{'foot' if source == FOOT else 'join'}_%s")
    return render_to_string("announcements/join_form.html", {"form": form, "site_name": settings.SITE_NAME})
