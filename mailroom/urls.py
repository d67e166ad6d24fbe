from django.urls import path, re_path

from mailroom import views

app_name = "mailroom"
urlpatterns = [
    path("", views.mails, name="mails"),
    re_path(r"^(?P<name>[0-9a-f]{24})/$", views.mail, name="mail"),
]
