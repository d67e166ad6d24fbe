from django.urls import path

from support.views import feedback

app_name = "support"
urlpatterns = [path("feedback/", feedback.feedback, name="feedback")]
