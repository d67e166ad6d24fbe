"""Asking for help with the log-in: a case, its proof of purchase, and a line in the history of such requests, in one transaction.

Nothing is looked up here, so neither the answer nor the time that it takes tells whether there is such an account (ASVS 6.3.8).
"""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.addresses import address_key
from infacta.network import client_ip, network_of
from support.cases.opening import Request, open_case
from support.digests import digest_of, order_key
from support.models import Case, CaseDetails, Channel, Kind, LoginHelpRequest, ProofOfPurchase


@dataclass(frozen=True)
class Plea:
    """What somebody tells: `email` is where they can be reached; `proof` has the keys of support.models.login_help.PROVED."""

    email: str
    text: str
    proof: dict[str, str]
    submission: str


def ask(plea: Plea, request: HttpRequest) -> Case:
    """Open the case; the same form again is the same case.

    The proof stands in a row of its own and nowhere else, so that it can go before the case does.
    """

    def keep_proof(case: Case) -> None:
        proof = ProofOfPurchase(case=case)
        proof.seal(plea.proof)
        proof.save(force_insert=True)
        line_of(plea, case, request).save(force_insert=True)

    details = CaseDetails(subject=_("I cannot log in"), email=plea.email)
    asked = Request(Channel.FORM, details, plea.text, Kind.LOGIN_HELP, submission=plea.submission, also=keep_proof)
    return open_case(asked, request)


def line_of(plea: Plea, case: Case, request: HttpRequest) -> LoginHelpRequest:
    return LoginHelpRequest(
        case=case,
        order_digest=digest_of("order", order_key(plea.proof["order_reference"])),
        address_digest=digest_of("address", address_key(plea.email)),
        network_digest=digest_of("network", network_of(client_ip(request))),
        asked_at=case.opened_at,
    )
