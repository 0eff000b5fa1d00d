"""The one HTTP client for everything that goes out, guarded against SSRF (DESIGN §9, "HTTP out")."""

from shared.http.client import HttpClient
from shared.http.message import HttpFailed, HttpRequest, HttpResponse

__all__ = ["HttpClient", "HttpFailed", "HttpRequest", "HttpResponse"]
