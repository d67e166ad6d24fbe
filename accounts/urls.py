from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("log-in/", views.log_in, name="log_in"),
    path("password/<str:uid>/<str:token>/", views.set_password_link, name="set_password_link"),
]
