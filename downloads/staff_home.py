"""What downloads tell staff's home: how many were taken, refused and given back."""

from django.utils.translation import gettext_lazy as _

from audit.counting import audited
from audit.kinds import Kind
from infacta.figures import register

register(
    audited(
        "downloads",
        _("Downloads"),
        _("Downloads taken, those that were refused, and those that failed and were given back. From the audit log."),
        [Kind.DOWNLOAD_TAKEN, Kind.DOWNLOAD_REFUSED, Kind.DOWNLOAD_RETURNED],
        position=30,
    )
)
