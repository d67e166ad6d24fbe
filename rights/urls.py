"""What customers ask by right of their own data, below /resources/your-data/."""

from django.urls import path

from rights.views import corrections, erasure, objection

app_name = "rights"
urlpatterns = [
    path("erasure/", erasure.show, name="erasure"),
    path("erasure/confirm/", erasure.confirm, name="erasure_confirm"),
    path("erasure/cancel/", erasure.cancel, name="erasure_cancel"),
    path("erasure/on-hold/", erasure.on_hold, name="erasure_on_hold"),
    path("objection/", objection.show, name="objection"),
    path("objection/announcements/", objection.stop_announcements, name="objection_announcements"),
    path("objection/<slug:slug>/", objection.write, name="objection_write"),
    path("corrections/", corrections.show, name="corrections"),
]
