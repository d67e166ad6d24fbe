"""What privacy itself keeps: when retention was last executed."""

from privacy.models.retention_run import RetentionRun

__all__ = ["RetentionRun"]
