"""Announcements as a customer chooses them: below /resources/account/announcements/."""

from django.urls import path

from announcements.views import customers

app_name = "customer_announcements"

urlpatterns = [
    path("account/announcements/", customers.topics, name="topics"),
    path("account/announcements/leave/", customers.leave, name="leave"),
    path("account/announcements/again/", customers.again, name="again"),
]
