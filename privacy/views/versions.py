"""The versions of the policies: a list of them, each of them as it read, what changed between two, and a feed of changes (promise G1)."""

from hashlib import sha256

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from privacy.areas import POLICIES, Area
from privacy.models import PolicyVersion
from privacy.paragraphs import Paragraph, as_read, in_groups
from privacy.versions.differences import changes_between
from privacy.versions.feed import CONTENT_TYPE, MOST_ENTRIES, atom
from privacy.wording import version_of

kept_for_a_moment = cache_control(public=True, max_age=60)


def area_called(slug: str) -> Area:
    area = next((area for area in POLICIES if area.slug == slug), None)
    if area is None:
        raise Http404
    return area


def words_of(version: PolicyVersion) -> tuple[str, list[Paragraph]]:
    """The paragraphs in the reader's language, or in the site's own where the version has not been in theirs; and which language that is."""
    wished = get_language() or settings.LANGUAGE_CODE
    language = wished if wished in version.texts else settings.LANGUAGE_CODE
    return language, as_read(version.texts.get(language, []))


@require_safe
def versions(request: HttpRequest, area: str) -> HttpResponse:
    """All versions of one policy with their dates, and a form that compares two."""
    shown = area_called(area)
    rows = list(PolicyVersion.objects.of_area(shown))
    context = {"area_shown": shown, "versions": rows, "live": version_of(shown), "earlier": rows[1] if len(rows) > 1 else None}
    return render(request, "privacy/versions.html", context)


@require_safe
def version(request: HttpRequest, area: str, number: int) -> HttpResponse:
    """One version, word for word."""
    shown = area_called(area)
    row = get_object_or_404(PolicyVersion, area=shown.slug, number=number)
    language, paragraphs = words_of(row)
    context = {"area_shown": shown, "version": row, "before": row.number - 1, "language": language, "groups": in_groups(paragraphs)}
    return render(request, "privacy/version.html", context | {"is_live": row.digest == version_of(shown)})


@require_safe
def wording(request: HttpRequest, digest: str) -> HttpResponse:
    """The version that a consent or an account names by its digest, which says the policy too: no two have the same words."""
    version = PolicyVersion.objects.filter(digest=digest).first()
    if version is None:
        raise Http404
    return redirect(version)


@require_safe
def changes(request: HttpRequest, area: str) -> HttpResponse:
    """What changed from one version to another; in the order that the reader asks for, so that it can be read backwards too."""
    shown = area_called(area)
    numbers = [request.GET.get("from", ""), request.GET.get("to", "")]
    rows = {str(row.number): row for row in PolicyVersion.objects.of_area(shown)}
    if not all(number in rows for number in numbers):
        raise Http404
    older, newer = (PolicyVersion.objects.get(pk=rows[number].pk) for number in numbers)
    (_language, before), (language, after) = words_of(older), words_of(newer)
    context = {"area_shown": shown, "older": older, "newer": newer, "language": language, "changes": changes_between(before, after)}
    return render(request, "privacy/changes.html", context)


@require_safe
@kept_for_a_moment
def feed(request: HttpRequest) -> HttpResponseBase:
    """The latest versions of all policies as Atom; 304 for whoever has them already."""
    body = atom(PolicyVersion.objects.order_by("-published_at", "-pk").defer("texts")[:MOST_ENTRIES])
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    answer = HttpResponse(body, content_type=CONTENT_TYPE, headers={"ETag": etag})
    return get_conditional_response(request, etag=etag, response=answer) or answer
