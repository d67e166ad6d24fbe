"""Pages about an erasure that need no log-in: their address is a secret of the mail that it stood in."""

from django.urls import path

from rights.views import links

app_name = "erasure"
urlpatterns = [
    path("cancel/<str:token>/", links.cancel, name="cancel"),
    path("<slug:number>/", links.receipt, name="receipt"),
]
