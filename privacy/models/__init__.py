"""What privacy itself keeps: each published wording of the policies, and when retention was last executed."""

from privacy.models.policy_version import PolicyVersion
from privacy.models.retention_run import RetentionRun

__all__ = ["PolicyVersion", "RetentionRun"]
