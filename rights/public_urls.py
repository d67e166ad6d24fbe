"""Your data without an account, below /privacy/: the general area."""

from django.urls import path

from rights.views import without_account

app_name = "your_data"
urlpatterns = [
    path("your-data/", without_account.ask, name="ask"),
    path("your-data/proof/<str:token>/", without_account.proof, name="proof"),
    path("your-data/report/<str:token>/", without_account.report, name="report"),
    path("your-data/report/<str:token>/download/", without_account.download, name="download"),
    path("report-schema.json", without_account.schema, name="schema"),
]
