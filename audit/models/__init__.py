"""The audit log: facts that are added and never changed (promises C6, C7), and the seals over them."""

from audit.models.append_only import AppendOnly
from audit.models.event import AuditEvent
from audit.models.seal import Seal

__all__ = ["AppendOnly", "AuditEvent", "Seal"]
