from privacy.models.promise import PromiseChange, PromiseFinding, PromiseState
from privacy.models.refused_cookie import RefusedCookie
from privacy.models.sweep_run import SweepRun

__all__ = ["PromiseChange", "PromiseFinding", "PromiseState", "RefusedCookie", "SweepRun"]
