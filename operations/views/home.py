"""Staff's home: what needs attention, numbers, and charts; and a page for each figure. Behind both factors, as every page below /staff/."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from infacta import reading
from infacta.attachment import attachment
from infacta.figures import Figure, figures
from infacta.paging import number_in
from infacta.spreadsheets import lines_of_table
from operations.home.page import CHOICES, DAYS, Tile, home_of, tiles_of


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The same as stands on the start page of the staff area, and nothing else."""
    with reading.in_time_zone_of(request.user):
        context = {"title": _("How the site is doing"), "home": home_of(request.user, timezone.now())}
        return render(request, "admin/operations/home.html", {**admin.site.each_context(request), **context})


@require_safe
def figure(request: HttpRequest, slug: str) -> HttpResponse:
    """One figure over some days, as a chart and as a table."""
    with reading.in_time_zone_of(request.user):
        tile = tile_of(request, slug)
        context = {"title": tile.figure.title, "tile": tile, "choices": CHOICES, "chosen": len(tile.days)}
        return render(request, "admin/operations/figure.html", {**admin.site.each_context(request), **context})


@require_safe
def as_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The same table for other programs."""
    with reading.in_time_zone_of(request.user):
        tile = tile_of(request, slug)
        rows = ([day.isoformat(), *map(str, times)] for day, times in tile.by_day(tile.rows))
        table = "".join(lines_of_table([_("day"), *(str(row.series.text) for row in tile.rows)], rows))
        headers = {"Content-Disposition": attachment(f"{slug}-{tile.days[-1]}.csv"), "Cache-Control": "no-store"}
        return HttpResponse(table, content_type="text/csv; charset=utf-8", headers=headers)


def tile_of(request: HttpRequest, slug: str) -> Tile:
    """Whoever may not see the figure is told that there is none."""
    one: Figure | None = figures.get(slug)
    staff: Any = request.user
    if one is None or not staff.has_perm(one.permission):
        raise Http404
    chosen = number_in(request.GET.get("days"))
    return tiles_of([one], chosen if chosen in CHOICES else DAYS, timezone.now())[0]
