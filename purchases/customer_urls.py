"""Buying as a customer: below /resources/buy/."""

from django.urls import path

from purchases.hand_over import customers

app_name = "customer_buying"
urlpatterns = [
    path("buy/<slug:slug>/", customers.buy, name="buy"),
    path("buy/<slug:slug>/<int:pk>/", customers.upgrade, name="upgrade"),
]
