from django.urls import path, re_path

from privacy import promise_pages
from privacy.p3p import views as p3p
from privacy.views import inventories, policies, versions

app_name = "privacy"
urlpatterns = [
    path("", policies.general, name="general"),
    path("resources/", policies.resources, name="resources"),
    path("promotions/", policies.promotions, name="promotions"),
    path("cookies/", inventories.cookies, name="cookies"),
    path("retention/", inventories.retention, name="retention"),
    path("changes.atom", versions.feed, name="feed"),
    re_path(r"^versions/(?P<digest>[0-9a-f]{12})/$", versions.wording, name="wording"),
    path("<slug:area>/versions/", versions.versions, name="versions"),
    re_path(r"^(?P<area>[-\w]+)/versions/(?P<number>[1-9][0-9]{0,5})/$", versions.version, name="version"),
    path("<slug:area>/changes/", versions.changes, name="changes"),
    path("choices/", p3p.choices, name="choices"),
    path("machine-readable/", p3p.machine_readable, name="machine_readable"),
    path("promises/", promise_pages.promises, name="promises"),
]
