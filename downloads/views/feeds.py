"""The update feeds: public, without a cookie, and cached wherever a cache is. What they name is handed out for an unlock code (views/updates.py)."""

from datetime import datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from downloads.feeds.catalogue import SYSTEMS, Subject
from downloads.feeds.keeping import APPCAST, JSON, Feed, Format, NoEdition, feed_of
from downloads.models import Product
from downloads.models.release import Channel
from downloads.views.refused import plain

CACHED = "public, max-age=60"
SAME_SECOND = timedelta(seconds=2)


@require_safe
def appcast(request: HttpRequest, slug: str, channel: Channel) -> HttpResponseBase:
    """For Sparkle and WinSparkle. `edition` and `system` in the query pick what is for them; whatever else is there, Sparkle's profile, is let be."""
    return answer(request, slug, channel, request.GET.get("system", ""), APPCAST)


@require_safe
def json_feed(request: HttpRequest, slug: str, channel: Channel) -> HttpResponseBase:
    """For updaters of any make; `edition` in the query picks one."""
    return answer(request, slug, channel, "", JSON)


def answer(request: HttpRequest, slug: str, channel: Channel, system: str, form: Format) -> HttpResponseBase:
    """The feed of a public product, or 304 to whoever has it already; 404 for what there is not."""
    now = timezone.now()
    product = Product.objects.mark_of(slug)
    if product is None:
        raise Http404
    if system not in SYSTEMS:
        return plain(_("There is no feed for this system: leave it out, or ask for macos or windows."), 404)
    pk, mark = product
    try:
        feed = feed_of(Subject(pk, channel, request.GET.get("edition", ""), system), form, mark, now)
    except NoEdition:
        return plain(_("This product has no such edition: leave it out, or ask by the edition's code."), 404)
    return conditional(request, feed, form, now)


def conditional(request: HttpRequest, feed: Feed, form: Format, now: datetime) -> HttpResponseBase:
    """With both validators. Within the second of a change another one may follow, so for a moment its time tells nothing (RFC 9110, 8.8.2.2)."""
    etag = f'"{feed.etag}"'
    modified = int(feed.changed_at.timestamp()) if now - feed.changed_at >= SAME_SECOND else None
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag, last_modified=modified)
    if response is None:
        response, etag = whole(request, feed, form, etag)
    response["ETag"] = etag
    response["Cache-Control"] = CACHED
    if modified is not None:
        response["Last-Modified"] = http_date(modified)
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def whole(request: HttpRequest, feed: Feed, form: Format, etag: str) -> tuple[HttpResponse, str]:
    """The feed, packed for whoever takes that, and its entity tag: of what was packed a weak one, for the bytes are others."""
    accepted = parse_accept_header(request.headers.get("Accept-Encoding"), Accept)
    if accepted.quality("gzip") <= 0:
        return HttpResponse(feed.body, content_type=form.content_type), etag
    return HttpResponse(feed.packed, content_type=form.content_type, headers={"Content-Encoding": "gzip"}), f"W/{etag}"
