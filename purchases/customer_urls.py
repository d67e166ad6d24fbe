"""Buying as a customer: below /resources/buy/."""

from django.urls import path

from purchases import customer_buying

app_name = "customer_buying"
urlpatterns = [
    path("buy/<slug:slug>/", customer_buying.buy, name="buy"),
    path("buy/<slug:slug>/<int:pk>/", customer_buying.upgrade, name="upgrade"),
]
