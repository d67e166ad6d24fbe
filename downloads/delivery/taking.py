"""Taking a download: by the Download button, and by a program with an unlock code (promise C7)."""

from django.db import transaction
from django.http import HttpRequest

from accounts.authentication import OnHold
from accounts.holds import is_held
from accounts.models import User
from audit.kinds import Kind
from audit.log import record
from downloads.models import DownloadSession, Entitlement, ReleaseFile
from infacta.network import browser_of, client_ip


@transaction.atomic
def taken(request: HttpRequest, user: User, owned: Entitlement, file: ReleaseFile, **facts: str) -> DownloadSession:
    """The download session of this customer, recorded (with these facts) in the transaction that spent the download: neither is there without
    the other.

    Raises NothingLeft, and OnHold if a hold was placed since the request came in: `take` has locked the account, so none comes after this look.
    """
    session, spent = DownloadSession.objects.take(owned, file, client_ip(request), browser_of(request))
    if is_held(owned.user_id):
        raise OnHold
    if spent:
        facts |= {"product": owned.product.code, "file": file.name}
        record(Kind.DOWNLOAD_TAKEN, user=user, request=request, download=session.pk, **facts)
    return session
