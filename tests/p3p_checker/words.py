"""The words of P3P 1.0, and what each is called in a compact policy (4.2)."""

NAMESPACE = "http://www.w3.org/2002/01/P3Pv1"

ACCESS = {"nonident": "NOI", "all": "ALL", "contact-and-other": "CAO", "ident-contact": "IDC", "other-ident": "OTI", "none": "NON"}
REMEDIES = {"correct": "COR", "money": "MON", "law": "LAW"}
PURPOSES = {
    "current": "CUR",
    "admin": "ADM",
    "develop": "DEV",
    "tailoring": "TAI",
    "pseudo-analysis": "PSA",
    "pseudo-decision": "PSD",
    "individual-analysis": "IVA",
    "individual-decision": "IVD",
    "contact": "CON",
    "historical": "HIS",
    "telemarketing": "TEL",
    "other-purpose": "OTP",
}
RECIPIENTS = {"ours": "OUR", "delivery": "DEL", "same": "SAM", "unrelated": "UNR", "public": "PUB", "other-recipient": "OTR"}
RETENTIONS = {
    "no-retention": "NOR",
    "stated-purpose": "STP",
    "legal-requirement": "LEG",
    "business-practices": "BUS",
    "indefinitely": "IND",
}
CATEGORIES = {
    "physical": "PHY",
    "online": "ONL",
    "uniqueid": "UNI",
    "purchase": "PUR",
    "financial": "FIN",
    "computer": "COM",
    "navigation": "NAV",
    "interactive": "INT",
    "demographic": "DEM",
    "content": "CNT",
    "state": "STA",
    "political": "POL",
    "health": "HEA",
    "preference": "PRE",
    "location": "LOC",
    "government": "GOV",
    "other-category": "OTC",
}
REQUIRED = ("opt-in", "opt-out", "always")  # the more is done without asking, the later
SUFFIXES = {"i": "opt-in", "o": "opt-out", "a": "always", "": "always"}
RESOLUTIONS = ("service", "independent", "court", "law")
WITH_TIMETABLE = ("stated-purpose", "legal-requirement", "business-practices")
