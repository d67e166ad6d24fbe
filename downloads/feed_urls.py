"""The update feeds of a product: below /products/, in the general area."""

from django.urls import path

from downloads.models.release import Channel
from downloads.views import feeds

app_name = "feeds"
stable, beta = {"channel": Channel.STABLE}, {"channel": Channel.BETA}
urlpatterns = [
    path("<slug:slug>/appcast.xml", feeds.appcast, stable, name="stable_appcast"),
    path("<slug:slug>/beta/appcast.xml", feeds.appcast, beta, name="beta_appcast"),
    path("<slug:slug>/feed.json", feeds.json_feed, stable, name="stable_feed"),
    path("<slug:slug>/beta/feed.json", feeds.json_feed, beta, name="beta_feed"),
]
