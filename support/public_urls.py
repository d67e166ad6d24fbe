"""Help without a log-in, below /support/: the general area, which knows nobody."""

from django.urls import path

from support.views import asking, case_files, diagnostics_api, log_in_help, receipts, threads, wizard
from support.views.doors import by_link

app_name = "help"
urlpatterns = [
    path("", asking.home, name="home"),
    path("new/", asking.new, name="new"),
    path("cases/<slug:access>/", by_link(threads.thread), name="case"),
    path("cases/<slug:access>/held/", by_link(threads.held), name="case_held"),
    path("cases/<slug:access>/close/", by_link(threads.close), name="close_case"),
    path("cases/<slug:access>/reopen/", by_link(threads.reopen), name="reopen_case"),
    path("cases/<slug:access>/destroy/", by_link(threads.destroy), name="destroy_case"),
    path("cases/<slug:access>/files/<int:file>/", by_link(case_files.download), name="case_file"),
    path("cases/<slug:access>/files/<int:file>/copy/", by_link(case_files.copy), name="copy_file"),
    path("diagnostics/", diagnostics_api.uploads, name="diagnostics"),
    path("diagnostics/schema.json", diagnostics_api.schema, name="diagnostics_schema"),
    path("diagnostics/<slug:token>/", diagnostics_api.upload, name="diagnostics_upload"),
    path("wizard/", wizard.about, name="wizard"),
    path("wizard/infacta_wizard.py", wizard.program, name="wizard_program"),
    path("wizard/api/", wizard.api, name="wizard_api"),
    path("log-in-help/", log_in_help.log_in_help, name="log_in_help"),
    path("receipts/", receipts.find, name="receipts"),
    path("receipts/<slug:number>/", receipts.show, name="receipt"),
    path("receipts/<slug:number>/receipt.txt", receipts.download, name="receipt_text"),
]
