"""Sessions of browsers: the refresh token lies in a cookie that no script can read, and counts only when our
own pages send it."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.errors import Refused
from services.gateway.identity.signing_in import IDLE_MS, unauthorized
from services.gateway.parts import Gateway
from shared.contracts.identity import Session

REFRESH_COOKIE = "weft_refresh"
CSRF_COOKIE = "weft_csrf"
CSRF_HEADER = "X-CSRF-Token"
BELOW = "/api/v1/auth"


def set_cookies(response: Response, gateway: Gateway, request: Request, session: Session) -> None:
    """Leave the session with the browser. The second cookie is for its pages to read."""
    secure, lasting = is_secure(gateway, request), IDLE_MS // 1000
    for name, value, path, hidden in (
        (REFRESH_COOKIE, gateway.tokens.refresh(session), BELOW, True),
        (CSRF_COOKIE, gateway.tokens.csrf(session.id), "/", False),
    ):
        response.set_cookie(
            name, value, max_age=lasting, path=path, secure=secure, httponly=hidden, samesite="strict"
        )


def drop_cookies(response: Response) -> None:
    """Have the browser forget it."""
    response.delete_cookie(REFRESH_COOKIE, path=BELOW, httponly=True, samesite="strict")
    response.delete_cookie(CSRF_COOKIE, path="/", samesite="strict")


def token_of(gateway: Gateway, request: Request, given: str | None) -> tuple[str, bool]:
    """The refresh token of a request, and whether a browser keeps it. A cookie is sent by whatever page
    is open: raises Refused (`csrf`) unless it is ours."""
    if given is not None:
        return given, False
    kept = request.cookies.get(REFRESH_COOKIE)
    if kept is None:
        raise unauthorized()
    check_site(gateway, request)
    named = gateway.tokens.turn(kept)
    if named is None:
        raise unauthorized()
    if not gateway.tokens.is_csrf(named[0], request.headers.get(CSRF_HEADER, "")):
        raise Refused("csrf", f"Send the cookie {CSRF_COOKIE} as the header {CSRF_HEADER} too")
    return kept, True


def check_site(gateway: Gateway, request: Request) -> None:
    """Raises Refused unless the browser says that one of our own pages has sent this."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None and origin is None:
        raise Refused("csrf", "A cookie counts only in requests with an Origin: send the token in the body")
    if site not in (None, "same-origin") or (origin is not None and not _ours(gateway, request, origin)):
        raise Refused("csrf", "This request comes from another site's page")


def is_secure(gateway: Gateway, request: Request) -> bool:
    """Whether callers come by TLS."""
    return gateway.public_url.startswith("https:") or request.url.scheme == "https"


def base_of(gateway: Gateway, request: Request) -> str:
    """Where the gateway is for this caller, without a slash at the end."""
    return (gateway.public_url or str(request.base_url)).rstrip("/")


def _ours(gateway: Gateway, request: Request, origin: str) -> bool:
    """By name and port where it is not said how we are reached: a proxy may have taken off the TLS."""
    if gateway.public_url:
        public = urlsplit(gateway.public_url)
        if origin == f"{public.scheme}://{public.netloc}":
            return True
    return origin.partition("://")[2] == request.headers.get("host")
