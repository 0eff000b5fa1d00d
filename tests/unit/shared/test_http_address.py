"""Which addresses may be called, in whatever way they are written."""

import pytest

from shared.http.address import AllowList
from shared.http.message import HttpFailed
from shared.http.target import redirected, target

NOTHING = AllowList()

LOOPBACK = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0x7F.0x0.0x0.0x1", "0177.0.0.1",
    "017700000001", "0000177.0.0.01", "127.0.0.1.", "127.255.255.254", "①②⑦.⓪.⓪.①", "127。0。0。1",
    "１２７.0.0.1",
    "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]",
]  # fmt: skip
INSIDE = [
    "0", "0.0.0.0", "0.0.0.1", "[::]", "10.0.0.1", "10.1", "167772161", "172.16.0.1", "192.168.1.1",
    "192.168.257",
    "[fc00::1]", "[fd12:3456::1]", "[fec0::1]", "[fe80::1]", "169.254.0.1", "[::ffff:10.0.0.1]",
    "[64:ff9b::a00:1]", "[64:ff9b:1::a00:1]", "[2002:a00:1::]", "[2001:0:a00:1::1]",
]  # fmt: skip
SPECIAL = [
    "100.64.0.1", "198.18.0.1", "192.0.2.1", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "192.88.99.1", "[ff02::1]", "[2001:db8::1]", "[3fff::1]", "[5f00::1]", "[100::1]",
    "[4000::1]",
]  # fmt: skip
METADATA = [
    "169.254.169.254", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "169.254.43518",
    "[::ffff:a9fe:a9fe]",
    "[fd00:ec2::254]", "[fd20:ce::254]", "100.100.100.200", "192.0.0.192", "168.63.129.16", "169.254.170.2",
]  # fmt: skip


@pytest.mark.parametrize("host", [*LOOPBACK, *INSIDE, *SPECIAL, *METADATA])
def test_an_address_that_is_not_public_is_blocked_however_it_is_written(host: str) -> None:
    with pytest.raises(HttpFailed) as failed:
        target(f"http://{host}/latest", (), NOTHING)
    assert failed.value.code == "blocked_address"
    assert "allow-list" in failed.value.message


@pytest.mark.parametrize("host", ["8.8.8.8", "134744072", "0x08.8.8.8", "8.526344", "8.8.8.8."])
def test_a_public_address_is_called_in_its_canonical_form(host: str) -> None:
    assert str(target(f"https://{host}:8443/a?b=c#d", (), NOTHING)) == "https://8.8.8.8:8443/a?b=c"


@pytest.mark.parametrize("host", ["[2606:4700::1111]", "[64:ff9b::808:808]", "[::ffff:8.8.8.8]"])
def test_a_public_address_of_version_6_may_be_called(host: str) -> None:
    assert target(f"https://{host}/", (), NOTHING).host


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "/path", "//example.com/", "ftp://example.com/", "file:///etc/passwd",
        "gopher://example.com/", "http://", "http:///path", "http://...", "http://user@example.com/",
        "http://user:pass@example.com/", "http://:@example.com/", "http://example.com:0/", "http://example.com:99999/",
        "http://example.com:x/", "http://exa mple.com/", "http://example.com\\@127.0.0.1/", "http://%31%32%37.0.0.1/",
        "http://127.0.0.1%00.example.com/", "http://example.com\r\nHost: x/", "http://1.2.3.4.5/", "http://256.1.1.1/",
        "http://09.1.1.1/", "http://1.2.3.0x/", "http://[fe80::1%25eth0]/",
        "http://[::1", "http://[example]/", "http://" + "a" * 300 + "/", "http://example.com/" + "a" * 20_000,
        "http://example.com/\ud800",
    ],
)  # fmt: skip
def test_what_is_not_a_full_http_url_is_refused(url: str) -> None:
    with pytest.raises(HttpFailed) as failed:
        target(url, (), NOTHING)
    assert failed.value.code == "bad_url"


def test_the_query_is_added_to_the_one_that_is_there() -> None:
    url = target("https://example.com/a?x=1", [("y", "ä &"), ("y", "2")], NOTHING)
    assert str(url) == "https://example.com/a?x=1&y=%C3%A4+%26&y=2"


def test_a_query_that_cannot_be_sent_is_refused() -> None:
    with pytest.raises(HttpFailed) as failed:
        target("https://example.com/", [("a", "\ud800")], NOTHING)
    assert failed.value.code == "bad_url"


def test_a_refusal_repeats_no_secret_of_the_url() -> None:
    with pytest.raises(HttpFailed) as failed:
        target("http://anna:hunter2@10.0.0.1:0/path?key=s3cret#t0ken", (), NOTHING)
    assert not any(
        secret in f"{failed.value.message} {failed.value.details}"
        for secret in ("hunter2", "s3cret", "t0ken")
    )
    assert "10.0.0.1" in failed.value.message


@pytest.mark.parametrize(
    ("entry", "opened", "closed"),
    [
        ("127.0.0.1", ["http://127.0.0.1:1/", "http://127.1/", "http://[::ffff:127.0.0.1]/"], ["http://127.0.0.2/"]),
        ("127.0.0.1:8080", ["http://127.0.0.1:8080/"], ["http://127.0.0.1/", "https://127.0.0.1:8081/"]),
        ("10.0.0.0/8", ["http://10.9.8.7:5000/", "http://10.1/"], ["http://11.0.0.1.example:0/", "http://172.16.0.1/"]),
        ("::1", ["http://[::1]:99/"], ["http://127.0.0.1/"]),
        ("[::1]:99", ["http://[::1]:99/"], ["http://[::1]:98/"]),
        ("fd00::/8", ["http://[fd12::1]/"], ["http://[fc00::1]/"]),
    ],
)  # fmt: skip
def test_the_allow_list_opens_an_address_and_nothing_else(
    entry: str, opened: list[str], closed: list[str]
) -> None:
    allow = AllowList.parse([entry])
    assert all(target(url, (), allow) for url in opened)
    for url in closed:
        with pytest.raises(HttpFailed):
            target(url, (), allow)


def test_the_allow_list_opens_a_name_on_every_port_or_on_one() -> None:
    allow = AllowList.parse(["Store.internal.", "api:8080"])
    assert allow.opens_name("store.INTERNAL", 443)
    assert allow.opens_name("api.", 8080)
    assert not allow.opens_name("api", 80)
    assert not allow.opens_name("not-store.internal", 443)


@pytest.mark.parametrize(
    "entry",
    ["", "10.0.0.0/33", "a:b:c", "host:", "host:port", "1.2.3.4.5", "1.2.3.0x", "a b", "10.0.0.1/8", "/8"],
)
def test_an_allow_list_entry_that_means_nothing_is_refused_by_name(entry: str) -> None:
    with pytest.raises(ValueError, match="allow-list entry"):
        AllowList.parse([entry])


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/b?c=1", "https://example.com/b?c=1"), ("b", "https://example.com/a/b"), ("?x=1", "https://example.com/a/?x=1"),
        ("//other.org/b", "https://other.org/b"), ("http://other.org/", "http://other.org/"),
    ],
)  # fmt: skip
def test_a_redirect_is_read_relative_to_where_it_came_from(location: str, leads_to: str) -> None:
    assert str(redirected(target("https://example.com/a/", (), NOTHING), location, NOTHING)) == leads_to


@pytest.mark.parametrize(
    "location", ["http://127.1/", "//[::1]/", "file:///etc/passwd", "http://a@b/", "http://[::1"]
)
def test_a_redirect_is_checked_like_the_first_url(location: str) -> None:
    with pytest.raises(HttpFailed):
        redirected(target("https://example.com/a/", (), NOTHING), location, NOTHING)
