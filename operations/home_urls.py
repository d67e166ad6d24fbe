"""Staff's pages that show how the site is doing: below /staff/home/, behind both factors as every page there."""

from django.contrib import admin
from django.urls import path

from operations.views import home

app_name = "home"
urlpatterns = [
    path("", admin.site.admin_view(home.home), name="home"),
    path("<slug:slug>/", admin.site.admin_view(home.figure), name="figure"),
    path("<slug:slug>/csv/", admin.site.admin_view(home.as_csv), name="figure_csv"),
]
