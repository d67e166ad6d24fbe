"""A cookie is declared in a way that browsers accept. Whether a page sets another one is seen when it does (privacy.middleware.cookie_gate)."""

from typing import Any

from django.core import checks

from privacy.cookies import Cookie
from privacy.registry import registry


@checks.register
def every_cookie_can_be_set_as_declared(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Each cookie is declared once, and in a way that browsers accept and its areas can set (privacy.E007)."""
    return [
        checks.Error(
            f"The cookie {cookie.name!r} cannot be as declared: {problem}.",
            hint="Correct it in the app's personal_data.py.",
            id="privacy.E007",
        )
        for cookie in registry.cookies
        if (problem := _problem_of(cookie))
    ]


def _problem_of(cookie: Cookie) -> str:
    """What is wrong with the declaration of a cookie; "" if nothing is (RFC 6265bis, 4.1.3, on prefixes)."""
    if [other.name for other in registry.cookies].count(cookie.name) > 1:
        return "its name is declared twice"
    if cookie.prefix not in ("__Host-", "__Secure-"):
        return "its prefix is neither __Host- nor __Secure-"
    if cookie.prefix == "__Host-" and cookie.path != "/":
        return "the prefix __Host- goes with the path / alone"
    if not cookie.areas:
        return "no area may set it"
    if unreached := [area.slug for area in cookie.areas if not area.prefix.startswith(cookie.path)]:
        return f"its path does not reach the area {unreached[0]}"
    return ""
