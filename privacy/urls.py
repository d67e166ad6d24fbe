from django.urls import path

from privacy import views
from privacy.p3p import views as p3p

app_name = "privacy"
urlpatterns = [
    path("", views.general, name="general"),
    path("resources/", views.resources, name="resources"),
    path("promotions/", views.promotions, name="promotions"),
    path("cookies/", views.cookies, name="cookies"),
    path("retention/", views.retention, name="retention"),
    path("choices/", p3p.choices, name="choices"),
    path("machine-readable/", p3p.machine_readable, name="machine_readable"),
]
