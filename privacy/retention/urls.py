"""Where staff see how retention stands: below /staff/, behind both factors as every page there."""

from django.contrib import admin
from django.urls import path

from privacy.retention import pages

app_name = "retention"
urlpatterns = [path("", admin.site.admin_view(pages.standing), name="standing")]
