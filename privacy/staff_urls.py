"""What staff see of the promises: below /staff/, behind both factors as every page there."""

from django.contrib import admin
from django.urls import path

from privacy import promise_pages

app_name = "privacy_staff"
urlpatterns = [path("", admin.site.admin_view(promise_pages.promises_for_staff), name="promises")]
