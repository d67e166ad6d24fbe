from django.urls import path

from announcements import hooks, views

app_name = "announcements"

urlpatterns = [
    path("leave/<str:token>/", views.leave, name="leave"),
    path("preferences/<str:token>/", views.preferences, name="preferences"),
    path("hook/", hooks.hook, name="hook"),
]
