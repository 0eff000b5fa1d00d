"""From what someone wrote as a URL to one that may be called, and how it is shown to people."""

import re
from collections.abc import Sequence

from yarl import URL

from shared.http.address import AllowList, literal
from shared.http.message import HttpFailed

MAX_URL_CHARS = 16_384
CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")


def target(text: str, query: Sequence[tuple[str, str]], allow: AllowList) -> URL:
    """The URL to call; raises HttpFailed `bad_url`, or `blocked_address` for an address off limits."""
    url = parsed(text)
    if query:
        try:
            "".join(name + value for name, value in query).encode()
            url = url.extend_query(query)
        except ValueError:
            raise HttpFailed(
                "bad_url", "the query has characters that cannot be sent", url=shown(text)
            ) from None
    return checked(url, allow)


def redirected(url: URL, location: str, allow: AllowList) -> URL:
    """Where a redirect leads; raises as `target` does."""
    return checked(url.join(parsed(location)), allow)


def parsed(text: str) -> URL:
    """A URL, perhaps relative; raises HttpFailed `bad_url`."""
    text = text.strip(" ")
    if len(text) > MAX_URL_CHARS:
        raise HttpFailed("bad_url", f"the URL has {len(text)} characters; {MAX_URL_CHARS} are allowed")
    if CONTROL.search(text):
        raise HttpFailed(
            "bad_url", "the URL has a line break or another character that cannot be sent", url=shown(text)
        )
    try:
        return URL(text)
    except ValueError:
        raise HttpFailed("bad_url", f"{shown(text)!r} is not a valid URL", url=shown(text)) from None


def checked(url: URL, allow: AllowList) -> URL:
    """The URL with its host in canonical form and without fragment, if it may be called as far as can be told
    without resolving its host; the resolver checks the rest."""
    host = url.raw_host
    if url.scheme not in ("http", "https") or not host:
        raise _bad(url, "it must be a full URL that starts with http:// or https://")
    if "@" in url.raw_authority:
        raise _bad(url, "it must not hold a user or password; set them in auth")
    if not url.port:
        raise _bad(url, "port 0 cannot be called")
    try:
        address = literal(host)
    except ValueError as error:
        raise _bad(url, f"{host[:80]!r} is not a host: {error}") from None
    if address is not None:
        if not allow.permits(address, url.port):
            raise blocked(str(address), url.port)
        url = url if str(address) == host else url.with_host(str(address))
    elif not HOST.fullmatch(host) or not host.strip("."):
        raise _bad(url, f"{host[:80]!r} is not a valid host name")
    return url.with_fragment(None) if url.raw_fragment else url


def _bad(url: URL, reason: str) -> HttpFailed:
    return HttpFailed("bad_url", f"{shown(url)!r} cannot be called: {reason}", url=shown(url))


def blocked(host: str, port: int) -> HttpFailed:
    """The failure for an address that may not be called."""
    return HttpFailed(
        "blocked_address",
        f"{host} port {port} is not a public address, so it may not be called;"
        " whoever runs this installation can open it in the allow-list for outgoing HTTP",
        host=host, port=port,
    )  # fmt: skip


def shown(url: URL | str) -> str:
    """A URL as people and logs may see it: without user, password, query and fragment."""
    text = re.split(r"[?#]", str(url), maxsplit=1)[0]
    return re.sub(r"//[^/]*@", "//", text)[:300]
