"""Pages of the staff area: erasures (rights/staff_erasures.py)."""

from rights.staff_erasures import ErasureAdmin

__all__ = ["ErasureAdmin"]
