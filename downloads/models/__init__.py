from downloads.models.access_log import AccessLog
from downloads.models.allowance import AllowanceEntry
from downloads.models.catalogue import Product, Release, ReleaseFile
from downloads.models.entitlement import Entitlement
from downloads.models.public_key import PublicKey
from downloads.models.session import DownloadSession
from downloads.models.unlock_code import UnlockCode

__all__ = ["AccessLog", "AllowanceEntry", "DownloadSession", "Entitlement", "Product", "PublicKey", "Release", "ReleaseFile", "UnlockCode"]
