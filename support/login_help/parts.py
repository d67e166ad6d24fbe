"""What hangs on a case of this kind when it is destroyed: the proof goes; the line in the history stays for its own time, and leads to no case."""

from support.destruction.parts import Part, register
from support.models import Case, LoginHelpRequest, ProofOfPurchase


def destroy(case: Case) -> None:
    ProofOfPurchase.objects.filter(case=case).delete()
    LoginHelpRequest.objects.filter(case=case).update(case=None)


def is_gone(case: Case) -> bool:
    return not ProofOfPurchase.objects.filter(case=case).exists() and not LoginHelpRequest.objects.filter(case=case).exists()


PROOF = register(Part("proof of purchase", destroy, is_gone))
