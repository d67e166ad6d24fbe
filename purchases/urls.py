from django.urls import path

from purchases import views

app_name = "purchases"
urlpatterns = [
    path("<slug:slug>/notify/", views.notify, name="notify"),
    path("<slug:slug>/notify/<str:secret>/", views.notify, name="notify_with_secret"),
]
