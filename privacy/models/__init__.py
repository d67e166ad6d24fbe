"""What privacy itself keeps: each published wording of the policies, when retention was executed, and how the promises stand."""

from privacy.models.policy_version import PolicyVersion
from privacy.models.promise import PromiseChange, PromiseFinding, PromiseState
from privacy.models.refused_cookie import RefusedCookie
from privacy.models.retention_run import RetentionRun
from privacy.models.sweep_run import SweepRun

__all__ = ["PolicyVersion", "PromiseChange", "PromiseFinding", "PromiseState", "RefusedCookie", "RetentionRun", "SweepRun"]
