"""Help without a log-in, below /support/: the general area, which knows nobody."""

from django.urls import path

from support.views import threads

app_name = "help"
urlpatterns = [
    path("cases/<slug:access>/", threads.by_link, name="case"),
]
