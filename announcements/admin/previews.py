"""How an announcement will look, in frames at the width of a phone and of a desk, and as its source."""

from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import translation

from announcements.forms.composing import typed_announcement
from announcements.models import Announcement
from announcements.writing.content import Content, contents, contents_of
from announcements.writing.samples import for_nobody


def preview_page(request: HttpRequest, content: Content, language: str, **context: Any) -> HttpResponseBase:
    """For an invented customer. Mails have their styles in their elements, so that this page alone allows that; its frames run no script."""
    with translation.override(language):
        shown = content.filled(for_nobody())
    context |= {"shown": shown, "source": content, "kilobytes": -(-len(content.html.encode()) // 1000)}
    with_styles = csp_update({"style-src": [SELF, UNSAFE_INLINE]})
    return with_styles(lambda asked: render(asked, "admin/announcements/announcement/preview.html", context))(request)


def preview_of_typed(request: HttpRequest, **context: Any) -> HttpResponseBase:
    """What stands in the form, be it valid or not; nothing is saved."""
    typed, products, releases = typed_announcement(request.POST)
    return preview_page(
        request, contents_of(typed, products, releases), typed.language, preheader=typed.preheader, is_typed=True, **context
    )


def preview_of_saved(request: HttpRequest, announcement: Announcement, **context: Any) -> HttpResponseBase:
    """What would be sent now; of one whose sending has begun what is being sent."""
    frozen = Content(announcement.frozen_subject, announcement.frozen_text, announcement.frozen_html)
    content = frozen if frozen.html else contents(announcement)
    return preview_page(request, content, announcement.language, preheader=announcement.preheader, original=announcement, **context)
