"""The announcements that stand on the site: the archive, and its feed. They know nobody, so what is another in each mail is told in general words."""

from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from announcements.archive.feed import CONTENT_TYPE, MOST_ENTRIES, atom
from announcements.archive.neutral import as_page
from announcements.models import Announcement
from downloads.feeds.catalogue import changelog_of
from downloads.feeds.catalogue import page_of as page_of_product
from infacta.paging import page_of

ANNOUNCEMENTS_A_PAGE = 20
kept_for_a_moment = cache_control(public=True, max_age=60)


@require_safe
@kept_for_a_moment
def archive(request: HttpRequest) -> HttpResponse:
    page = page_of(Announcement.objects.archived(), request.GET.get("page"), ANNOUNCEMENTS_A_PAGE)
    return render(request, "announcements/archive.html", {"page": page})


@require_safe
@kept_for_a_moment
def announcement(request: HttpRequest, slug: str) -> HttpResponse:
    """One of them; what was not sent, is not public or was cancelled does not exist."""
    shown = get_object_or_404(Announcement.objects.archived(), slug=slug)
    context = {"announcement": shown, "text": as_page(shown.body), "picked": picked_for(shown)}
    return render(request, "announcements/announcement.html", context)


def picked_for(announcement: Announcement) -> list[tuple[str, str]]:
    """Names and addresses of the releases and products that its mail showed, as far as everybody sees their pages."""
    releases = announcement.releases.filter(product__is_public=True).select_related("product")
    products = announcement.products.filter(is_public=True)
    whats_new = [
        (f"{release.product.name} {release.version}", f"{changelog_of(release.product)}#v{release.version}") for release in releases
    ]
    return whats_new + [(product.name, page_of_product(product)) for product in products]


@require_safe
@kept_for_a_moment
def feed(request: HttpRequest) -> HttpResponseBase:
    """The latest of them as Atom; 304 for whoever has it already."""
    title = _("%(site)s: announcements") % {"site": settings.SITE_NAME}
    addresses = {"page": whole(reverse("announcements:archive")), "feed": whole(reverse("announcements:feed"))}
    body = atom(title, addresses, Announcement.objects.archived()[:MOST_ENTRIES])
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    answer = HttpResponse(body, content_type=CONTENT_TYPE, headers={"ETag": etag})
    return get_conditional_response(request, etag=etag, response=answer) or answer


def whole(path: str) -> str:
    return f"{settings.SITE_URL}{path}"
