"""Cases in which a customer on hold asks to be let in again (promise C19); what is decided about the hold itself stands in accounts/holds.py."""
