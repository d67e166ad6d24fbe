"""Buying without being known: below /buy/, in the general area."""

from django.urls import path

from purchases import buying

app_name = "buying"
urlpatterns = [path("<slug:slug>/", buying.buy, name="buy")]
