"""Objections to what rests on a legitimate interest (GDPR article 21): asked for by the customer, upheld or refused by staff."""
