"""The catalogue, and what customers may have, as staff see them: a module for each subject."""

from downloads.admin.catalogue import EditionAdmin, ProductAdmin, PublicKeyAdmin
from downloads.admin.entitlements import AllowanceEntryAdmin, DownloadSessionAdmin, EntitlementAdmin
from downloads.admin.files import ReleaseFileAdmin
from downloads.admin.releases import ReleaseAdmin
from downloads.admin.unlock_codes import UnlockCodeAdmin

__all__ = [
    "AllowanceEntryAdmin",
    "DownloadSessionAdmin",
    "EditionAdmin",
    "EntitlementAdmin",
    "ProductAdmin",
    "PublicKeyAdmin",
    "ReleaseAdmin",
    "ReleaseFileAdmin",
    "UnlockCodeAdmin",
]
