"""The yardstick of public pages: a bare view behind the middleware that `django-admin startproject` writes into a new project's settings."""

import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "infacta.settings")
settings.ROOT_URLCONF = "bench.default"
settings.MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
django.setup()


def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>Hello</p>")


urlpatterns = [path("", bare)]
application = get_wsgi_application()
