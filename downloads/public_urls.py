"""What programs fetch without anybody logging in: below /downloads/, in the general area."""

from django.urls import path

from downloads.views import code_check, links, revoked_codes, updates

app_name = "public_downloads"
urlpatterns = [
    path("check/", code_check.check, name="check"),
    path("files/<int:file>/<str:name>", updates.update, name="file"),
    path("links/<str:token>/", links.linked, name="linked"),
    path("revoked-codes.json", revoked_codes.everything, name="revoked_codes"),
    path("revoked-codes/<slug:prefix>.json", revoked_codes.by_prefix, name="revoked_codes_part"),
]
