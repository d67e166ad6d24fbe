from downloads.models.access_log import AccessLog
from downloads.models.allowance import AllowanceEntry
from downloads.models.entitlement import Entitlement
from downloads.models.extension import Extension
from downloads.models.product import Edition, Product
from downloads.models.public_key import PublicKey
from downloads.models.release import Release
from downloads.models.release_file import ReleaseFile
from downloads.models.revocation_list import RevocationList
from downloads.models.session import DownloadSession
from downloads.models.unlock_code import UnlockCode

__all__ = [
    "AccessLog",
    "AllowanceEntry",
    "DownloadSession",
    "Edition",
    "Entitlement",
    "Extension",
    "Product",
    "PublicKey",
    "Release",
    "ReleaseFile",
    "RevocationList",
    "UnlockCode",
]
