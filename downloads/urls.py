from django.urls import URLPattern

app_name = "downloads"
urlpatterns: list[URLPattern] = []
