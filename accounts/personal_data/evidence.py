"""What stands in the evidence of signs of misuse and of holds, key by key."""

from django.utils.translation import gettext_lazy as _

from privacy.json_keys import PLAIN

COUNTED = {
    "events": _("how many events were looked at together"),
    "networks": _("how many networks far apart"),
    "kinds_of_browser": _("how many kinds of browser"),
    "new_browsers": _("how many new browsers"),
    "switches": _("how often the network changed"),
    "returns": _("how often an earlier network came back"),
    "downloads": _("how many downloads were taken"),
    "files": _("how many different files"),
    "same_file": _("how often the same file"),
    "days_refused": _("on how many days no download was left"),
    "times_added": _("how often staff added downloads"),
    "failures": _("how many log-ins failed"),
    "second_factor_failures": _("how many second factors failed"),
    "addresses": _("how many networks it came from"),
    "entries": _("how many log-ins by new browsers followed"),
    "accounts_in_vain": _("how many accounts were tried in vain"),
    "accounts_entered": _("how many accounts were entered"),
    "nobodys_addresses": _("how many tries at addresses that nobody has here"),
    "unlock_codes": _("how many unlock codes were tried in vain"),
    "promotional_codes": _("how many promotional codes were tried in vain"),
    "accounts": _("how many accounts"),
    "forged_codes": _("how many promotional codes were forged"),
    "codes_of_one_tag": _("how many promotional codes with the same beginning"),
    "mistyped_codes": _("how many promotional codes were mistyped"),
    "registrations": _("how many registrations"),
}
LISTED = {
    "listed_networks": _("the networks"),
    "listed_browsers": _("the browsers"),
    "listed_files": _("the files"),
    "listed_tags": _("the beginnings of promotional codes"),
    "listed_promotions": _("the promotions"),
    "event_ids": _("some of the events, by their numbers in the record of log-ins, downloads and changes"),
}
OF_OTHERS = {
    "tries_in_vain": _("how many promotional codes were tried in vain"),
    "guessing_addresses": _("how many IP addresses tried"),
    "batch_registrations": _("how many registrations with codes of the same batch"),
    "batch_networks": _("how many networks far apart they came from"),
    "times_as_wide": _("how many times as widely spread as other batches"),
    "used_codes_tried": _("how often a used code was tried again"),
    "address_variants": _("how many spellings of one address"),
    "person_registrations": _("how many registrations of one person"),
    "person_promotions": _("how many promotions one person registered for"),
    "person_refused": _("how often one person was refused"),
    "disposable_registrations": _("how many registrations with throw-away addresses"),
    "claiming_requests": _("how many requests for help with the log-in named one order"),
    "claiming_addresses": _("how many addresses they came from"),
    "claims_refused": _("how many of them were refused"),
    "of_registrations": _("how many registrations in all"),
}
REPORTED = {
    "reports": _("what you reported as somebody else's"),
    "reports.what": _("whether it was a log-in or a download"),
    "reports.number": _("its number"),
    "reports.at": _("when it was"),
    "reports.ip": _("the IP address that it came from"),
    "reports.of": _("the browser and system, or the file"),
}
OF_FINDINGS = COUNTED | LISTED | OF_OTHERS | REPORTED
OF_HOLDS = OF_FINDINGS | {
    PLAIN: _("the old and the new address, if the hold is about a change of your address"),
    "finding": _("the number of the sign of misuse"),
    "detector": _("which pattern was looked for"),
    "explanation": _("what was seen, in words"),
    "score": _("how strong the sign is"),
    "registration": _("the number of a registration"),
    "promotion": _("which promotion"),
    "ground": _("why a registration was ended"),
}
