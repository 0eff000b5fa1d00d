"""Outcomes of cases as JUnit XML, which most CI systems show."""

import re
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

from services.local.cases import Outcome

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(files: Mapping[str, Sequence[Outcome]]) -> bytes:
    """A `testsuite` a file with a `testcase` a case."""
    root = ElementTree.Element("testsuites")
    for path, outcomes in files.items():
        failed = sum(bool(each.trouble) for each in outcomes)
        counts = {"tests": str(len(outcomes)), "failures": str(failed)}
        suite = ElementTree.SubElement(root, "testsuite", {"name": _text(path), **counts})
        for each in outcomes:
            about = {"classname": _text(path), "name": _text(each.name), "time": f"{each.seconds:.3f}"}
            case = ElementTree.SubElement(suite, "testcase", about)
            if each.trouble:
                ElementTree.SubElement(case, "failure").text = _text(each.trouble)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _text(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return NOT_XML.sub("\ufffd", text)
