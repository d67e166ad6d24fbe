"""What hangs on a case of this kind when it is destroyed: what the customer asked for. That something was corrected stays, and leads to no case."""

from support.destruction.parts import Part, register
from support.models import Case, CorrectionRequest


def destroy(case: Case) -> None:
    CorrectionRequest.objects.filter(case=case).delete()


def is_gone(case: Case) -> bool:
    return not CorrectionRequest.objects.filter(case=case).exists()


REQUEST = register(Part("request for a correction", destroy, is_gone))
