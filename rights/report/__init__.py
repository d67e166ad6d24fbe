"""The report of all that is recorded about a person (promise C17; GDPR articles 15 and 20), made from the registry."""
