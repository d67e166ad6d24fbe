"""Global Privacy Control: whoever's browser sends `Sec-GPC: 1` gets no optional cookie (promises G2, C12; W3C, Global Privacy Control)."""

from django.http import HttpRequest

HEADER = "Sec-GPC"


def opted_out(request: HttpRequest) -> bool:
    """Whether the browser asks for it. The one value that says so is “1”; whatever else stands there says nothing."""
    return request.META.get("HTTP_SEC_GPC") == "1"
