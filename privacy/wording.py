"""Which wording of a policy is published."""

from functools import cache
from hashlib import sha256

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from privacy.areas import Area
from privacy.policies import policy_of
from privacy.registry import registry

LENGTH = 12


@cache
def version_of(area: Area) -> str:
    """The beginning of the SHA-256 of what the area's policy says in the site's own language.

    Every change of a word or a declaration changes it, so that nobody can forget to count it up; the same release with the same settings
    has the same one on every host.
    """
    context = {
        "policy": policy_of(area, registry),
        "site_name": settings.SITE_NAME,
        "privacy_email": settings.PRIVACY_EMAIL,
        "vendor_address": settings.VENDOR_ADDRESS,
    }
    with translation.override(settings.LANGUAGE_CODE):
        page = render_to_string(f"privacy/{area.slug}.html", context)
    words = page.partition("<main")[2].partition("</main>")[0]
    return sha256(words.encode()).hexdigest()[:LENGTH]
