"""Notices: what people wrote is shown as it is, never as markup, links or mentions."""

from html.parser import HTMLParser

from services.connectors.notify.written import as_html, as_json, as_slack, as_text
from shared.contracts.alert import Alert, Notice
from shared.contracts.failure import failure
from tests.builders import NOW

EVIL = '<script>alert(1)</script> <!channel> <https://evil.example|here> & "x" {{ 1 }}'


def notice(**changes: object) -> Notice:
    alert = Alert(
        id="alert_1", workspace_id="default", rule_id="rule_1", rule_name=EVIL, kind="failure",
        severity="critical", workflow_id="wf_1", workflow_name=EVIL, run_id="run_1", said="It has failed.",
        failure=failure("timeout", EVIL, node="fetch"), at=NOW,
    )  # fmt: skip
    made = Notice(
        kind="alert", title=EVIL, text=EVIL, severity="critical", facts=[("Message", EVIL)], at=NOW,
        link="https://weft.example.com/runs/run_1", workspace_id="default", alert=alert,
    )  # fmt: skip
    return made.model_copy(update=changes)


class Tags(HTMLParser):
    """The tags and links of a page, and the text between."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str | None] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_html_shows_markup_as_text() -> None:
    page = Tags()
    page.feed(as_html(notice()))
    assert page.tags <= {"div", "h3", "p", "table", "tr", "td", "a"}
    assert page.links == ["https://weft.example.com/runs/run_1"]
    assert page.texts.count(EVIL) == 3


def test_plain_text_has_all_of_it() -> None:
    text = as_text(notice())
    assert f"Message: {EVIL}" in text
    assert "Time: 2023-11-14 22:13:20 UTC" in text
    assert text.endswith("https://weft.example.com/runs/run_1\n")


def test_a_message_is_sent_as_it_was_written() -> None:
    message = notice(kind="message", text="Hello\n\nJoin: https://x", facts=[], link="", alert=None)
    assert (as_text(message), as_html(message)) == ("Hello\n\nJoin: https://x\n", "")


def test_chat_has_no_mentions_and_no_links_but_ours() -> None:
    body = as_slack(notice())
    [attachment] = body["attachments"]
    heading, facts, context = attachment["blocks"]
    shown = [body["text"], heading["text"]["text"], facts["fields"][0]["text"]]
    assert all("<" not in each and "&lt;!channel&gt;" in each for each in shown)
    assert context["elements"][0]["text"].startswith("<https://weft.example.com/runs/run_1|Open>")


def test_programs_get_names_and_ids() -> None:
    body = as_json(notice())
    assert (body["type"], body["timestamp"]) == ("weft.alert", "2023-11-14T22:13:20.000+00:00")
    data = body["data"]
    assert (data["run_id"], data["rule"]["kind"], data["workflow"]["id"]) == ("run_1", "failure", "wf_1")
    assert data["failure"] == {"code": "timeout", "message": EVIL, "node": "fetch"}
    assert data["title"] == EVIL
