from django.urls import path

from announcements import archive, hooks, views

app_name = "announcements"

urlpatterns = [
    path("", archive.archive, name="archive"),
    path("archive/<slug:slug>/", archive.announcement, name="announcement"),
    path("feed/", archive.feed, name="feed"),
    path("leave/<str:token>/", views.leave, name="leave"),
    path("preferences/<str:token>/", views.preferences, name="preferences"),
    path("hook/", hooks.hook, name="hook"),
]
