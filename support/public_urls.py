"""Help without a log-in, below /support/: the general area, which knows nobody."""

from django.urls import path

from support.views import diagnostics_api, threads, wizard

app_name = "help"
urlpatterns = [
    path("diagnostics/", diagnostics_api.uploads, name="diagnostics"),
    path("diagnostics/schema.json", diagnostics_api.schema, name="diagnostics_schema"),
    path("diagnostics/<slug:token>/", diagnostics_api.upload, name="diagnostics_upload"),
    path("wizard/", wizard.about, name="wizard"),
    path("wizard/infacta_wizard.py", wizard.program, name="wizard_program"),
    path("wizard/api/", wizard.api, name="wizard_api"),
    path("cases/<slug:access>/", threads.by_link, name="case"),
]
