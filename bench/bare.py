"""The yardstick: a bare Django view that loads the session and the user from the same database, and answers with one line."""

import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "infacta.settings")
settings.ROOT_URLCONF = "bench.bare"
settings.MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
django.setup()


def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"<p>{request.user}</p>")


urlpatterns = [path("", bare)]
application = get_wsgi_application()
