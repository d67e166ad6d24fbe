"""The areas of the site. The first segment of a path decides the area; the area decides policy, cookies and headers (promise G1)."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from privacy.texts import Text


@dataclass(frozen=True, eq=False)
class Area:
    """A part of the site with a policy of its own; `prefix` is the path below which everything belongs to it.

    Equal to itself alone: to compare or hash the texts would translate them, at every page.
    """

    slug: str
    title: Text
    prefix: str
    policy: str  # the URL name of the policy that covers the area

    @property
    def stores_nothing(self) -> bool:
        """Whether browsers and proxies must not keep copies of its pages."""
        return self in (RESOURCES, PROMOTIONS, STAFF)


GENERAL = Area("general", _("General site"), "/", "privacy:general")
RESOURCES = Area("resources", _("Customer resources"), "/resources/", "privacy:resources")
PROMOTIONS = Area("promotions", _("Promotions"), "/promotions/", "privacy:promotions")
STAFF = Area("staff", _("Staff"), "/staff/", "privacy:general")
AREAS = (GENERAL, RESOURCES, PROMOTIONS, STAFF)
POLICIES = (GENERAL, RESOURCES, PROMOTIONS)
"""The areas that have a policy of their own."""


def covered_with(area: Area) -> tuple[Area, ...]:
    """All areas that the policy of this one covers: the general policy covers the staff area too."""
    return tuple(other for other in AREAS if other.policy == area.policy)


def area_of(path: str) -> Area:
    """The area that a path belongs to; `/resources` without its slash belongs to /resources/ too."""
    for area in (RESOURCES, PROMOTIONS, STAFF):
        if path.startswith(area.prefix) or path == area.prefix.rstrip("/"):
            return area
    return GENERAL
