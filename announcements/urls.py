from django.urls import path

from announcements.archive import pages
from announcements.returned import hooks
from announcements.views import joining, leaving

app_name = "announcements"

urlpatterns = [
    path("", pages.archive, name="archive"),
    path("archive/<slug:slug>/", pages.announcement, name="announcement"),
    path("feed/", pages.feed, name="feed"),
    path("join/", joining.join, name="join"),
    path("join/<str:token>/", joining.confirm_link, name="confirm"),
    path("leave/<str:token>/", leaving.leave, name="leave"),
    path("preferences/<str:token>/", leaving.preferences, name="preferences"),
    path("preferences/<str:token>/again/", leaving.again, name="again"),
    path("hook/", hooks.hook, name="hook"),
]
