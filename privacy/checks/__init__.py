"""System checks: what nobody declared, or nothing enforces, stops the start and the tests, with a sentence that says what to write where.

Each looks at one kind of declaration. Errors have numbers, privacy.E001 and so on, that stay the same.
"""

from privacy.checks.clocks import every_limit_has_a_clock
from privacy.checks.cookies import every_cookie_can_be_set_as_declared
from privacy.checks.fates import every_fate_can_be_carried_out
from privacy.checks.keys import every_key_is_declared
from privacy.checks.models import every_field_is_declared, leads_to_a_person
from privacy.checks.named import every_purpose_has_a_basis, every_recipient_has_a_policy
from privacy.checks.p3p import every_declaration_can_be_said_in_p3p
from privacy.checks.places import every_place_is_declared, every_place_is_reached_by_erasure
from privacy.checks.retention import every_retention_is_enforced

__all__ = [
    "every_cookie_can_be_set_as_declared",
    "every_declaration_can_be_said_in_p3p",
    "every_fate_can_be_carried_out",
    "every_field_is_declared",
    "every_key_is_declared",
    "every_limit_has_a_clock",
    "every_place_is_declared",
    "every_place_is_reached_by_erasure",
    "every_purpose_has_a_basis",
    "every_recipient_has_a_policy",
    "every_retention_is_enforced",
    "leads_to_a_person",
]
