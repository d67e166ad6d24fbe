"""The yardstick of uploads: a bare Django view that writes the body to disk in plain, piece by piece, and makes sure that it is there."""

import os
from pathlib import Path

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "infacta.settings")
settings.ROOT_URLCONF = "bench.plain_upload"
settings.MIDDLEWARE = []
django.setup()
PIECE = 256 * 1024


@csrf_exempt
def append(request: HttpRequest) -> HttpResponse:
    with (Path(os.environ["DATA_DIR"]) / "plain-upload").open("ab") as file:
        while piece := request.read(PIECE):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return HttpResponse(status=204)


urlpatterns = [path("", append)]
application = get_wsgi_application()
