"""Log-in and passwords."""

from django.http import HttpRequest, HttpResponse

from accounts.decorators import open_to_strangers


@open_to_strangers
def log_in(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


@open_to_strangers
def set_password_link(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    return HttpResponse("")
