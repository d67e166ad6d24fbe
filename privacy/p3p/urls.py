from django.urls import path

from privacy.p3p import views

app_name = "p3p"
urlpatterns = [
    path("p3p.xml", views.references, name="references"),
    path("policies.xml", views.policies, name="policies"),
]
