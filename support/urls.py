"""Support below /resources/: for customers."""

from django.urls import path

from support.views import case_files, corrections, customers, feedback, threads
from support.views.doors import in_area

app_name = "support"
urlpatterns = [
    path("feedback/", feedback.feedback, name="feedback"),
    path("support/", customers.cases, name="cases"),
    path("support/correction/", corrections.correction, name="correction"),
    path("support/new/", customers.new, name="new_case"),
    path("support/<slug:reference>/", in_area(threads.thread), name="case"),
    path("support/<slug:reference>/held/", in_area(threads.held), name="case_held"),
    path("support/<slug:reference>/close/", in_area(threads.close), name="close_case"),
    path("support/<slug:reference>/reopen/", in_area(threads.reopen), name="reopen_case"),
    path("support/<slug:reference>/destroy/", in_area(threads.destroy), name="destroy_case"),
    path("support/<slug:reference>/files/<int:file>/", in_area(case_files.download), name="case_file"),
    path("support/<slug:reference>/files/<int:file>/copy/", in_area(case_files.copy), name="copy_file"),
]
