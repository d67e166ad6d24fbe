"""Your data below /resources/: for customers."""

from django.urls import path

from rights.views import corrections, erasure, objection, your_data

app_name = "rights"
urlpatterns = [
    path("your-data/", your_data.your_data, name="your_data"),
    path("your-data/report/", your_data.report, name="ask"),
    path("your-data/report/<slug:number>/", your_data.progress, name="report"),
    path("your-data/report/<slug:number>/download/", your_data.download, name="download"),
    path("your-data/erasure/", erasure.show, name="erasure"),
    path("your-data/erasure/confirm/", erasure.confirm, name="erasure_confirm"),
    path("your-data/erasure/cancel/", erasure.cancel, name="erasure_cancel"),
    path("your-data/erasure/on-hold/", erasure.on_hold, name="erasure_on_hold"),
    path("your-data/objection/", objection.show, name="objection"),
    path("your-data/objection/announcements/", objection.stop_announcements, name="objection_announcements"),
    path("your-data/objection/<slug:slug>/", objection.write, name="objection_write"),
    path("your-data/corrections/", corrections.show, name="corrections"),
]
