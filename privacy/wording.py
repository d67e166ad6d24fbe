"""Which wording of a policy is published: its words in every language of the site, and the digest that names them."""

import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from privacy.areas import POLICIES, Area
from privacy.paragraphs import as_kept, paragraphs_of
from privacy.policies import Policy, policy_of, recipients_of
from privacy.registry import registry

LENGTH = 12
MOST = 64
kept: dict[Hashable, Any] = {}


@dataclass(frozen=True)
class Wording:
    """`texts` are the paragraphs by language; `digest` is the beginning of the SHA-256 of all of them."""

    digest: str
    texts: dict[str, Any]


def text_of(policy: Policy) -> SafeString:
    """The policy as HTML, in the language of now: what the page shows, and what is kept of it."""
    context = {
        "policy": policy,
        "others": [other for other in POLICIES if other is not policy.area],
        "site_name": settings.SITE_NAME,
        "privacy_email": settings.PRIVACY_EMAIL,
        "vendor_address": settings.VENDOR_ADDRESS,
    }
    return render_to_string(f"privacy/text/{policy.area.slug}.html", context)


def wording_of(area: Area) -> Wording:
    """The words of now, made anew; the digest counts words alone, and not how the page is built.

    Every change of a word or a declaration changes it, so that nobody can forget to count it up; the same release with the same settings
    and partners has the same one on every host.
    """
    policy, texts = policy_of(area, registry), {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            texts[language] = as_kept(paragraphs_of(text_of(policy)))
    words = json.dumps(texts, ensure_ascii=False, sort_keys=True)
    return Wording(sha256(words.encode()).hexdigest()[:LENGTH], texts)


def version_of(area: Area) -> str:
    """The digest of the words of now: what consents and accounts keep. Of an area without a policy of its own, of the one that covers it."""
    area = next(other for other in POLICIES if other.policy == area.policy)
    digest: str = made_once(area, "digest", lambda: wording_of(area).digest)
    return digest


def page_of(area: Area) -> SafeString:
    """The policy of now in the language of now."""
    page: SafeString = made_once(area, get_language(), lambda: text_of(policy_of(area, registry)))
    return page


def made_once(area: Area, what: str | None, make: Callable[[], Any]) -> Any:
    """Made once in this process for each state of what may change while the site runs: policies are read often, and made slowly."""
    state = state_of(area)
    known = kept.get((what, state))
    if known is None:
        known = make()
        if state == state_of(area):  # otherwise it changed meanwhile, and this may be of before or after
            if len(kept) >= MOST:
                kept.clear()
            kept[what, state] = known
    return known


def state_of(area: Area) -> Hashable:
    """All that a policy's words depend on: whom it names, and what is fixed when the process starts, which tests change."""
    recipients = tuple((one.slug, one.name, one.policy_url, one.is_former) for one in recipients_of(area, registry))
    chosen = (settings.SITE_NAME, settings.PRIVACY_EMAIL, settings.VENDOR_ADDRESS, settings.HTTPS, *dict(settings.LANGUAGES))
    declared = (
        id(registry.models),
        *registry.models,
        *(flow.slug for flow in registry.flows),
        *(cookie.name for cookie in registry.cookies),
    )
    return area.slug, recipients, chosen, declared
