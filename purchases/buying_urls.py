"""Buying without being known: below /buy/, in the general area."""

from django.urls import path

from purchases.hand_over import steps

app_name = "buying"
urlpatterns = [path("<slug:slug>/", steps.buy, name="buy")]
