from downloads.models.allowance import AllowanceEntry
from downloads.models.entitlement import Entitlement
from downloads.models.product import Edition, Product
from downloads.models.public_key import PublicKey
from downloads.models.release import Release
from downloads.models.release_file import ReleaseFile
from downloads.models.revocation_list import RevocationList
from downloads.models.session import DownloadSession
from downloads.models.unlock_code import UnlockCode

__all__ = [
    "AllowanceEntry",
    "DownloadSession",
    "Edition",
    "Entitlement",
    "Product",
    "PublicKey",
    "Release",
    "ReleaseFile",
    "RevocationList",
    "UnlockCode",
]
