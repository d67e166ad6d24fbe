"""The header Content-Security-Policy, ready-made: it is put together once, and not anew for every page that changes nothing of it."""

from dataclasses import asdict
from typing import Any

from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import cached_property

OF_ITS_OWN = ("_csp_config", "_csp_update", "_csp_replace", "_csp_exempt")
"""What decorators of django-csp leave at a response whose policy is another."""


class ReadyMadeCSPMiddleware(CSPMiddleware):
    """As django-csp's. A response with a policy of its own, or of which a script carries a nonce, is left to it."""

    @cached_property
    def ready_made(self) -> str:
        """What every response has; "" if the settings ask for more than django-csp puts into one header."""
        asked: dict[str, Any] = getattr(settings, "CONTENT_SECURITY_POLICY", None) or {}
        if set(asked) - {"DIRECTIVES"} or getattr(settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY", None):
            return ""
        return build_policy(**asdict(self.get_policy_parts(HttpRequest(), HttpResponseBase())))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        changed = any(hasattr(response, name) for name in OF_ITS_OWN) or hasattr(request, "_csp_nonce")
        if changed or not self.ready_made:
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self.ready_made)
        request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)  # type: ignore[attr-defined]  # too late for one
        return response
