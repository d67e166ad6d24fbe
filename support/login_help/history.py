"""The history of such requests: what of a new one was there before."""

from dataclasses import dataclass

from django.db.models import Count, Q

from support.models import Case, LoginHelpRequest
from support.models.login_help import REFUSED


@dataclass(frozen=True)
class Before:
    """Of other requests within a year: how many name the same order, from how many addresses; how many came from the same address, or the same
    network, for how many orders; and how many of them were refused. `order` leads to the page of that order, "" if none was named."""

    order: str
    of_order: int
    addresses: int
    of_address: int
    orders: int
    of_network: int
    refused: int

    @property
    def is_new(self) -> bool:
        return not (self.of_order or self.of_address or self.of_network)


def before(case: Case) -> Before | None:
    """Two queries; None if the time of its own line is over."""
    line = LoginHelpRequest.objects.filter(case=case).first()
    if line is None:
        return None
    same_order = Q(order_digest=line.order_digest) & ~Q(order_digest="")
    same_address = Q(address_digest=line.address_digest)
    same_network = Q(network_digest=line.network_digest) & ~Q(network_digest="")
    others = LoginHelpRequest.objects.filter(same_order | same_address | same_network).exclude(pk=line.pk)
    counts = others.aggregate(
        of_order=Count("pk", filter=same_order),
        addresses=Count("address_digest", filter=same_order, distinct=True),
        of_address=Count("pk", filter=same_address),
        orders=Count("order_digest", filter=same_address & ~Q(order_digest=""), distinct=True),
        of_network=Count("pk", filter=same_network),
        refused=Count("pk", filter=REFUSED),
    )
    return Before(line.order, **counts)
