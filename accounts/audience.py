"""Which customers something is meant for: each room registers what it tells customers apart by, in a
module of this name, which is found at the start."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from privacy.texts import Text

Choice = tuple[str, Text]


@dataclass(frozen=True)
class Audience:
    """A way to tell customers apart, such as by what they own.

    `choices` are what can be chosen, pairs of value and words; `customers` are those of the chosen values, as a condition on accounts which
    must not multiply rows: with sub-queries, and not with joins.
    """

    slug: str
    title: Text
    choices: Callable[[], Sequence[Choice]]
    customers: Callable[[Sequence[str]], Q]


audiences: dict[str, Audience] = {}


def register(audience: Audience) -> Audience:
    audiences[audience.slug] = audience
    return audience


def languages() -> Sequence[Choice]:
    return list(settings.LANGUAGES)


register(Audience("language", _("language"), languages, lambda chosen: Q(language__in=chosen)))
