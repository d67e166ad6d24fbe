from django.urls import path

from support.views import corrections, feedback, threads

app_name = "support"
urlpatterns = [
    path("feedback/", feedback.feedback, name="feedback"),
    path("support/correction/", corrections.correction, name="correction"),
    path("support/<slug:reference>/", threads.in_area, name="case"),
]
