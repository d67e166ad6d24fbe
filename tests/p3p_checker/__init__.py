"""A strict checker of P3P 1.0, written from the rules of the recommendation and not from the code that it checks.

It knows nothing of this site: it reads XML and headers, and says what is wrong, each complaint with the rule that is broken
(docs/decisions/p3p.md lists the rules). An empty list means that there is nothing to complain of.
"""

from tests.p3p_checker.compact import complaints_of_header
from tests.p3p_checker.policies import complaints_of_policies
from tests.p3p_checker.references import complaints_of_references

__all__ = ["complaints_of_header", "complaints_of_policies", "complaints_of_references"]
