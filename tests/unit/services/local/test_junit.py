"""Outcomes as JUnit XML."""

from xml.etree import ElementTree

from services.local.cases import Outcome
from services.local.junit import junit


def test_every_case_is_told_with_its_trouble() -> None:
    outcomes = [Outcome("good", "", 0.25), Outcome("bad <&>", "--- expected\n+ \x00\ud800", 1)]
    suite = ElementTree.fromstring(junit({"orders.yaml": outcomes}))[0]
    assert suite.attrib == {"name": "orders.yaml", "tests": "2", "failures": "1"}
    good, bad = suite
    assert good.attrib == {"classname": "orders.yaml", "name": "good", "time": "0.250"}
    assert list(good) == []
    assert bad.attrib["name"] == "bad <&>"
    assert bad.findtext("failure") == "--- expected\n+ \ufffd\ufffd"
