"""TLS: a certificate that nobody vouches for is refused, unless the system trusts it."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from shared.http import HttpClient, HttpFailed, HttpRequest
from tests.http_server import serving

needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="needs the openssl command")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=weft.test",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


def tls_of(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    return context


@needs_openssl
async def test_an_untrusted_certificate_is_refused(certificate: tuple[Path, Path]) -> None:
    async with serving(tls=tls_of(certificate)) as server, HttpClient(allow=["127.0.0.1"]) as client:
        with pytest.raises(HttpFailed) as failed:
            await client.send(HttpRequest("GET", server.url("/echo")))
    assert failed.value.code == "tls_error"
    assert "certificate is not trusted" in failed.value.message
    assert server.seen == []


@needs_openssl
async def test_a_certificate_that_the_system_trusts_is_accepted(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    async with serving(tls=tls_of(certificate)) as server, HttpClient(allow=["127.0.0.1"]) as client:
        assert (await client.send(HttpRequest("GET", server.url("/echo")))).status == 200


async def test_https_to_a_server_without_tls_is_refused() -> None:
    async with serving() as server, HttpClient(allow=["127.0.0.1"]) as client:
        with pytest.raises(HttpFailed) as failed:
            await client.send(HttpRequest("GET", f"https://127.0.0.1:{server.port}/echo"))
    assert failed.value.code == "tls_error"
