"""What machines ask of the site's state."""

from django.urls import path

from operations.views import health, metrics

app_name = "operations"
urlpatterns = [
    path("healthz", health.live, name="live"),
    path("readyz", health.ready, name="ready"),
    path("metrics", metrics.figures, name="metrics"),
]
