from privacy.models.policy_version import PolicyVersion

__all__ = ["PolicyVersion"]
