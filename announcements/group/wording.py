"""Which words somebody saw who joined: a part of the proof of consent (promise G3)."""

from functools import cache
from hashlib import sha256

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language, override

from mailroom.provider import providers
from privacy.registry import Recipient

LENGTH = 12


def language_now() -> str:
    """The language of the pages that this request is shown."""
    language = get_language() or ""
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def version_in(language: str) -> str:
    """The beginning of the SHA-256 of what stands above the button, as privacy/wording.py has it for policies: every word that changes changes it."""
    return version_of(language, settings.SITE_NAME, providers())


@cache
def version_of(language: str, site_name: str, senders: tuple[Recipient, ...]) -> str:
    """The same by all that the words name, so that it is made once for each."""
    with override(language):
        words = render_to_string("announcements/words.html", {"site_name": site_name})
    return sha256(" ".join(words.split()).encode()).hexdigest()[:LENGTH]
