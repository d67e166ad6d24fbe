"""In which language and time zone somebody reads: what they chose, as long as the site still knows it, and else the site's own."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils import timezone, translation

REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@lru_cache
def time_zones() -> dict[str, list[str]]:
    """The zones to choose from, by region: places that people know, without the aliases of old (such as Etc/GMT+5, posixrules, EST5EDT)."""
    zones: dict[str, list[str]] = {region: [] for region in REGIONS}
    for name in sorted(available_timezones()):
        if (region := name.partition("/")[0]) in zones:
            zones[region].append(name)
    return zones


def language_of(person: Any) -> str:
    """The language that the person chose (`language`); "" if they chose none, or one that the site does not speak any more."""
    return person.language if person.language in dict(settings.LANGUAGES) else ""


def time_zone_of(person: Any) -> ZoneInfo | None:
    """The time zone that the person chose (`time_zone`); None if they chose none, or one that is not there any more."""
    return ZoneInfo(person.time_zone) if person.time_zone in time_zones().get(person.time_zone.partition("/")[0], ()) else None


def begin(person: Any) -> None:
    """From here on this thread speaks as the person reads; without a wish of theirs it goes on as it does."""
    if language := language_of(person):
        translation.activate(language)
    if zone := time_zone_of(person):
        timezone.activate(zone)


@contextmanager
def as_read_by(person: Any) -> Iterator[None]:
    """What is written inside is in the person's language and time zone, or in the site's own: never in those of whoever is at work here."""
    with translation.override(language_of(person) or settings.LANGUAGE_CODE), timezone.override(time_zone_of(person)):
        yield


@contextmanager
def in_time_zone_of(person: Any) -> Iterator[None]:
    """What is shown inside has the days and times of the person's zone; without a wish of theirs, of the zone that is in use."""
    zone = time_zone_of(person)
    with timezone.override(zone) if zone else nullcontext():
        yield
