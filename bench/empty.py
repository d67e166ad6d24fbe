"""A view that does nothing, at every address, behind the whole middleware of the site: what no page can be quicker than."""

from django.http import HttpRequest, HttpResponse
from django.urls import re_path


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"", content_type="text/plain")


urlpatterns = [re_path("", nothing)]
