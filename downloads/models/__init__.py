from downloads.models.allowance import AllowanceEntry
from downloads.models.catalogue import Product, Release, ReleaseFile
from downloads.models.entitlement import Entitlement
from downloads.models.public_key import PublicKey
from downloads.models.revocation_list import RevocationList
from downloads.models.session import DownloadSession
from downloads.models.unlock_code import UnlockCode

__all__ = [
    "AllowanceEntry",
    "DownloadSession",
    "Entitlement",
    "Product",
    "PublicKey",
    "Release",
    "ReleaseFile",
    "RevocationList",
    "UnlockCode",
]
