"""What programs fetch without anybody logging in: below /downloads/, in the general area."""

from django.urls import path

from downloads.views import links

app_name = "public_downloads"
urlpatterns = [
    path("links/<str:token>/", links.linked, name="linked"),
]
