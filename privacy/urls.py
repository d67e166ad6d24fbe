from django.urls import path

from privacy import promise_pages, views

app_name = "privacy"
urlpatterns = [
    path("", views.general, name="general"),
    path("resources/", views.resources, name="resources"),
    path("promotions/", views.promotions, name="promotions"),
    path("cookies/", views.cookies, name="cookies"),
    path("retention/", views.retention, name="retention"),
    path("promises/", promise_pages.promises, name="promises"),
]
