"""Help without a log-in, below /support/: the general area, which knows nobody."""

from django.urls import path

from support.views import receipts, threads

app_name = "help"
urlpatterns = [
    path("cases/<slug:access>/", threads.by_link, name="case"),
    path("receipts/", receipts.find, name="receipts"),
    path("receipts/<slug:number>/", receipts.show, name="receipt"),
    path("receipts/<slug:number>/receipt.txt", receipts.download, name="receipt_text"),
]
