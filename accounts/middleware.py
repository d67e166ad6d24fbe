"""Who is asking: answered in the closed areas alone (DESIGN, Areas)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.middleware import AuthenticationMiddleware as DjangoAuthenticationMiddleware
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django_otp.models import Device

from accounts.authentication import login_session_of
from accounts.models import LoginSession, User
from accounts.personal_data import AUTHENTICATION
from infacta import reading
from privacy.areas import RESOURCES, area_of


class AuthenticationMiddleware(DjangoAuthenticationMiddleware):
    """Give the request its `login_session` and its `user`: nobody, unless the area's cookies belong to an open login session.

    The admin requires a subclass of Django's own middleware.
    """

    def process_request(self, request: HttpRequest) -> None:
        request.login_session = SimpleLazyObject(partial(login_session_of, request))  # type: ignore[attr-defined]
        request.user = SimpleLazyObject(partial(user_of, request))  # type: ignore[assignment]


def as_the_customer_reads(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """In the customer resources area, once somebody is logged in, pages speak their language and time zone (promise C11).

    What begins here lasts to the foot of the page, and ends in infacta.middleware.end_language_and_time_zone.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if area_of(request.path) is RESOURCES and request.user.is_authenticated:
            reading.begin(request.user)
        return get_response(request)

    return middleware


class ResourcesLoginRequired(LoginRequiredMiddleware):
    """Deny by default: below /resources/ a view admits customers only, unless it is marked `open_to_strangers` (promise C3)."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if area_of(request.path) is not RESOURCES:
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        """Lead to the log-in, and afterwards back: to the page that was asked for, or to the one on which a button was pressed.

        What was sent is not kept. Where the browser still has the cookie of a log-in that has ended, the log-in page says so.
        """
        if request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        if AUTHENTICATION.full_name in request.COOKIES:
            messages.warning(request, _("Your log-in had ended, so nothing was done. Please log in, and do it once more."))
        return redirect_to_login(page_before(request), self.get_login_url(view_func))


def page_before(request: HttpRequest) -> str:
    """The page of this site that the request was sent from; the start of the area if the browser does not say."""
    site, referrer = f"{request.scheme}://{request.get_host()}", request.headers.get("Referer", "")
    return referrer.removeprefix(site) if referrer.startswith(f"{site}/") else RESOURCES.prefix


def user_of(request: HttpRequest) -> User | AnonymousUser:
    """The user of the request's login session, with the second factor that it rests on; AnonymousUser without one, or if that factor is gone."""
    session: LoginSession | None = request.login_session  # type: ignore[attr-defined]
    if not session:
        return AnonymousUser()
    if session.otp_device:
        session.user.otp_device = Device.from_persistent_id(session.otp_device)
        if session.user.otp_device is None:
            return AnonymousUser()
    return session.user
