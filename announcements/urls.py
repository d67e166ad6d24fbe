from django.urls import path

from announcements import views

app_name = "announcements"

urlpatterns = [
    path("leave/<str:token>/", views.leave, name="leave"),
    path("preferences/<str:token>/", views.preferences, name="preferences"),
]
