"""The checker of P3P itself: it is content with a policy that is right, and complains of each rule that is broken once."""

from datetime import UTC, datetime

import pytest

from tests.p3p_checker import complaints_of_header, complaints_of_policies, complaints_of_references
from tests.p3p_checker.base_data import CATEGORIES_OF

NOW = datetime(2002, 5, 1, tzinfo=UTC)
REFERENCES = """<META xmlns="http://www.w3.org/2002/01/P3Pv1">
  <POLICY-REFERENCES>
    <EXPIRY max-age="86400"/>
    <POLICY-REF about="/w3c/policies.xml#shop">
      <INCLUDE>/*</INCLUDE>
      <EXCLUDE>/shed/*</EXCLUDE>
      <COOKIE-INCLUDE name="basket" value="*" domain="shop.example" path="/"/>
    </POLICY-REF>
  </POLICY-REFERENCES>
</META>"""
POLICIES = """<POLICIES xmlns="http://www.w3.org/2002/01/P3Pv1">
  <EXPIRY date="Thu, 02 May 2002 00:00:00 GMT"/>
  <POLICY name="shop" discuri="https://shop.example/privacy" opturi="https://shop.example/no" xml:lang="en">
    <ENTITY>
      <DATA-GROUP>
        <DATA ref="#business.name">The Shop</DATA>
        <DATA ref="#business.contact-info.online.email">shop@shop.example</DATA>
      </DATA-GROUP>
    </ENTITY>
    <ACCESS><all/></ACCESS>
    <DISPUTES-GROUP>
      <DISPUTES resolution-type="service" service="https://shop.example/privacy" short-description="Us">
        <REMEDIES><correct/></REMEDIES>
      </DISPUTES>
    </DISPUTES-GROUP>
    <STATEMENT>
      <CONSEQUENCE>We keep your basket.</CONSEQUENCE>
      <PURPOSE><current/><contact required="opt-out"/></PURPOSE>
      <RECIPIENT><ours/></RECIPIENT>
      <RETENTION><stated-purpose/></RETENTION>
      <DATA-GROUP>
        <DATA ref="#dynamic.cookies"><CATEGORIES><state/></CATEGORIES></DATA>
      </DATA-GROUP>
    </STATEMENT>
    <STATEMENT>
      <PURPOSE><admin/><other-purpose>To find thieves.</other-purpose></PURPOSE>
      <RECIPIENT><ours/><unrelated required="opt-in"/></RECIPIENT>
      <RETENTION><legal-requirement/></RETENTION>
      <DATA-GROUP>
        <DATA ref="#user.name"/>
        <DATA ref="#dynamic.miscdata"><CATEGORIES><other-category>Footprints.</other-category></CATEGORIES></DATA>
      </DATA-GROUP>
    </STATEMENT>
  </POLICY>
</POLICIES>"""
COMPACT = "ALL DSP COR CUR CONo OUR STP STA"
TELLING = "ALL DSP COR CUR ADM CONo OTP OUR UNRi STP LEG PHY UNI DEM STA OTC"


def broken(document: str, old: str, new: str) -> bytes:
    assert old in document, "the table is out of date"
    return document.replace(old, new).encode()


def policies_with(old: str, new: str, timetable: bool = True) -> list[str]:
    return complaints_of_policies(broken(POLICIES, old, new), NOW, lambda _address: timetable)


def header_with(tokens: str, policies: str = POLICIES) -> list[str]:
    return complaints_of_header(f'policyref="/w3c/p3p.xml", CP="{tokens}"', policies.encode(), "shop", "/w3c/p3p.xml")


def test_it_is_content_with_what_is_right():
    assert complaints_of_references(REFERENCES.encode(), {"/w3c/policies.xml": POLICIES.encode()}, NOW) == []
    assert policies_with("shop", "shop") == []
    assert header_with(COMPACT) == []
    assert header_with("ALL DSP COR CUR CONo OUR STP STA ADMa LEG DEM") == []


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("R1", "</META>", "</MET>"),
        ("R1", "2002/01/P3Pv1", "2000/12/P3Pv1"),
        ("R1", "#shop", "#shed"),
        ("R1", "/w3c/policies.xml#", "/w3c/other.xml#"),
        ("R1", 'max-age="86400"', 'max-age="0"'),
        ("R1", 'max-age="86400"', 'max-age="3600"'),
        ("R1", 'max-age="86400"', 'date="Tue, 30 Apr 2002 00:00:00 GMT"'),
        ("R1", ' max-age="86400"', ""),
        ("R1", ' about="/w3c/policies.xml#shop"', ""),
        ("R1", ' domain="shop.example"', ""),
        ("R1", ' value="*"', ""),
        ("R1", ">/*<", ">https://shop.example/*<"),
        ("R1", "<INCLUDE>/*</INCLUDE>\n      <EXCLUDE>/shed/*</EXCLUDE>", "<EXCLUDE>/shed/*</EXCLUDE>\n      <INCLUDE>/*</INCLUDE>"),
        ("R1", "<EXPIRY", "<POLICY-REF about='/w3c/policies.xml#shop'/><EXPIRY"),
    ],
)
def test_it_complains_of_reference_files(rule, old, new):
    complaints = complaints_of_references(broken(REFERENCES, old, new), {"/w3c/policies.xml": POLICIES.encode()}, NOW)
    assert [complaint for complaint in complaints if complaint.startswith(f"{rule} ")], complaints


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("R1", "</POLICIES>", ""),
        ("R1", "2002/01/P3Pv1", "2000/12/P3Pv1"),
        ("R1", "02 May", "01 Apr"),
        ("R1", ' name="shop"', ""),
        ("R1", 'name="shop"', 'name="1 shop"'),
        ("R1", ' discuri="https://shop.example/privacy"', ""),
        ("R1", 'discuri="https://shop.example/privacy"', 'discuri="/privacy"'),
        ("R1", ' xml:lang="en"', ""),
        ("R1", ' short-description="Us"', ""),
        ("R1", ' service="https://shop.example/privacy"', ""),
        ("R1", 'resolution-type="service"', 'resolution-type="fist"'),
        ("R1", '<DATA ref="#business.name">The Shop</DATA>', ""),
        ("R1", ">The Shop<", "><"),
        ("R1", '<DATA ref="#business.contact-info.online.email">shop@shop.example</DATA>', ""),
        ("R1", "<ACCESS><all/></ACCESS>", ""),
        ("R1", "<CONSEQUENCE>We keep your basket.</CONSEQUENCE>", "<CONSEQUENCE/>"),
        ("R1", "<RECIPIENT><ours/></RECIPIENT>", ""),
        ("R1", "<RETENTION><stated-purpose/></RETENTION>", ""),
        ("R1", "<PURPOSE><current/>", "<PURPOSE>always <current/>"),
        ("R1", "<current/>", "<entertainment/>"),
        (
            "R1",
            "<RECIPIENT><ours/></RECIPIENT>\n      <RETENTION><stated-purpose/></RETENTION>",
            "<RETENTION><stated-purpose/></RETENTION>\n      <RECIPIENT><ours/></RECIPIENT>",
        ),
        ("R1", '<DATA ref="#user.name"/>', '<DATA ref="#user.name"/><DATA ref="#user.name"/>'),
        ("R1", '<DATA ref="#user.name"/>', '<DATA ref="#user.name" optional="maybe"/>'),
        ("R1", '<DATA ref="#user.name"/>', '<DATA ref="#user.name" required="opt-in"/>'),
        ("R2", "<ACCESS><all/></ACCESS>", "<ACCESS/>"),
        ("R2", "<ACCESS><all/></ACCESS>", "<ACCESS><all/><none/></ACCESS>"),
        ("R2", "<stated-purpose/>", "<stated-purpose/><indefinitely/>"),
        ("R2", "<stated-purpose/>", ""),
        ("R3", "<current/>", '<current required="always"/>'),
        ("R3", "<ours/></RECIPIENT>", '<ours required="opt-in"/></RECIPIENT>'),
        ("R3", 'required="opt-out"', 'required="perhaps"'),
        ("R3", ' opturi="https://shop.example/no"', ""),
        ("R4", '"#user.name"', '"#user.nickname"'),
        ("R4", '"#user.name"', '"user.name"'),
        ("R4", '<DATA ref="#user.name"/>', '<DATA ref="#user.name"><CATEGORIES><online/></CATEGORIES></DATA>'),
        ("R4", "<CATEGORIES><state/></CATEGORIES>", ""),
        ("R4", "#business.contact-info.online.email", "#user.home-info.online.email"),
        ("R6", "To find thieves.", ""),
        ("R6", "Footprints.", " "),
        ("R10", "<current/>", "<current/><current/>"),
    ],
)
def test_it_complains_of_policies(rule, old, new):
    complaints = policies_with(old, new)
    assert [complaint for complaint in complaints if complaint.startswith(f"{rule} ")], complaints


def test_it_complains_where_the_human_policy_has_no_timetable():
    assert policies_with("shop", "shop", timetable=False) == ["R5 The human policy has no timetable of destruction. (shop)"]
    kept = POLICIES.replace("<stated-purpose/>", "<indefinitely/>").replace("<legal-requirement/>", "<no-retention/>")
    assert complaints_of_policies(kept.encode(), NOW, lambda _address: False) == []


@pytest.mark.parametrize(
    ("rule", "tokens"),
    [
        ("R7", "DSP COR CUR CONo OUR STP STA"),
        ("R7", "ALL DSP COR OUR STP STA"),
        ("R7", "ALL DSP COR CUR CONo STP STA"),
        ("R7", "ALL DSP COR CUR CONo OUR STA"),
        ("R7", "ALL DSP COR CUR CONo OUR STP"),
        ("R8", "ALL COR CUR CONo OUR STP STA"),
        ("R8", "ALL DSP CUR CONo OUR STP STA"),
        ("R8", "ALL DSP COR LAW CUR CONo OUR STP STA"),
        ("R9", "ALL DSP COR CUR OUR STP STA"),
        ("R9", "ALL DSP COR CUR CONi OUR STP STA"),
        ("R9", "ALL DSP COR CUR CONo OUR IND STA"),
        ("R9", "ALL DSP COR CUR CONo OUR STP UNI"),
        ("R9", "ALL DSP COR CUR CONo TEL OUR STP STA"),
        ("R10", "NON DSP COR CUR CONo OUR STP STA"),
        ("R10", "ALL NON DSP COR CUR CONo OUR STP STA"),
        ("R10", "ALL DSP COR CUR CONo OUR STP STA NID PHY"),
        ("R10", "ALL DSP COR CUR CONo OUR STP STA STA"),
        ("R10", "ALL DSP COR CUR CONo CONi OUR STP STA"),
        ("R10", "ALL DSP COR CURo CONo OUR STP STA"),
        ("R10", "ALL DSP COR CUR CONx OUR STP STA"),
        ("R10", "ALL  DSP COR CUR CONo OUR STP STA"),
        ("R10", "ALL, DSP, COR, CUR, CONo, OUR, STP, STA"),
        ("R10", "This is not a P3P policy"),
        ("R10", ""),
    ],
)
def test_it_complains_of_compact_policies(rule, tokens):
    assert [complaint for complaint in header_with(tokens) if complaint.startswith(f"{rule} ")], header_with(tokens)


def test_a_cookie_that_stands_for_somebody_leads_to_all_that_is_held_about_them():
    telling = POLICIES.replace("<state/>", "<state/><uniqueid/>")
    assert [complaint[:2] for complaint in header_with(COMPACT + " UNI", telling)] == ["R9"]
    assert header_with(TELLING, telling) == []


@pytest.mark.parametrize(
    "header", [f'CP="{COMPACT}"', f'policyref="/w3c/p3p.xml" CP="{COMPACT}"', f'policyref="/p3p.xml", CP="{COMPACT}"', ""]
)
def test_it_complains_of_headers(header):
    assert complaints_of_header(header, POLICIES.encode(), "shop", "/w3c/p3p.xml")


def test_a_policy_without_disputes_has_no_token_for_them():
    start, end = POLICIES.index("<DISPUTES-GROUP>"), POLICIES.index("</DISPUTES-GROUP>") + len("</DISPUTES-GROUP>")
    without = POLICIES[:start] + POLICIES[end:]
    assert [complaint[:2] for complaint in header_with(COMPACT, without)] == ["R8", "R8"]
    assert header_with("ALL CUR CONo OUR STP STA", without) == []


@pytest.mark.parametrize(
    ("ref", "categories"),
    [
        ("user.name", {"physical", "demographic"}),
        ("user.home-info.postal", {"physical", "demographic"}),
        ("user.home-info.postal.name.nickname", {"demographic"}),
        ("user.home-info", {"physical", "demographic", "online"}),
        ("user.login", {"uniqueid"}),
        ("dynamic.clickstream", {"navigation", "computer", "demographic"}),
        ("dynamic.http", {"navigation", "computer"}),
        ("dynamic.clientevents", {"navigation"}),
        ("dynamic.searchtext", {"interactive"}),
        ("thirdparty.business-info.telecom.pager.ext", {"physical"}),
        ("dynamic.cookies", set()),
    ],
)
def test_the_base_data_schema_is_built_from_its_structures(ref, categories):
    assert CATEGORIES_OF[ref] == categories
