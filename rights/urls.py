"""Your data below /resources/: for customers. Erasure and objection have their own addresses below it."""

from django.urls import path

from rights.views import your_data

app_name = "rights"
urlpatterns = [
    path("your-data/", your_data.your_data, name="your_data"),
    path("your-data/report/", your_data.report, name="ask"),
    path("your-data/report/<slug:number>/", your_data.progress, name="report"),
    path("your-data/report/<slug:number>/download/", your_data.download, name="download"),
]
