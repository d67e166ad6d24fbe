"""Help without a log-in, below /support/: the general area, which knows nobody."""

from django.urls import path

from support.views import log_in_help, threads

app_name = "help"
urlpatterns = [
    path("cases/<slug:access>/", threads.by_link, name="case"),
    path("log-in-help/", log_in_help.log_in_help, name="log_in_help"),
]
