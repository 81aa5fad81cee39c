"""The token goes to whom the certificate names, and to nobody else."""

import asyncio
import ssl
from pathlib import Path

import httpx
import pytest
import trustme

from capi_jobs.model import Answer, NoAnswer
from capi_jobs.transport import _tls
from tests.loopback import Server, serving
from tests.transport.calling import PLENTY, answers, call, transport

REFUSED = NoAnswer(sent=False, reason="could not connect")


def asked(authority: trustme.CA, name: str, **limits: int) -> Answer | NoAnswer:
    """Call a server that shows a certificate of this name."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(tls)
    for limit, value in limits.items():
        setattr(tls, limit, value)

    async def run() -> tuple[Answer | NoAnswer, Server]:
        async with serving(answers, tls) as server, transport(PLENTY) as sender:
            url = server.url.replace("http://", "https://")
            return await sender.send(call(f"{url}/v1")), server

    answer, server = asyncio.run(run())
    assert len(server.requests) == isinstance(answer, Answer)
    return answer


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority that this machine trusts, as a company's own is."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return authority


def test_a_server_with_a_certificate_of_its_name_is_sent_the_call(
    trusted: trustme.CA,
) -> None:
    assert isinstance(asked(trusted, "127.0.0.1"), Answer)


def test_a_certificate_for_another_name_is_sent_nothing(trusted: trustme.CA) -> None:
    assert asked(trusted, "graph.facebook.com") == REFUSED


def test_a_certificate_that_nobody_trusts_is_sent_nothing() -> None:
    assert asked(trustme.CA(), "127.0.0.1") == REFUSED


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_tls_that_is_broken_is_not_spoken(trusted: trustme.CA) -> None:
    old = ssl.TLSVersion.TLSv1_1
    assert asked(trusted, "127.0.0.1", maximum_version=old) == REFUSED


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_a_machine_that_allows_broken_tls_does_not_decide(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def as_of_old() -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1
        return context

    monkeypatch.setattr(httpx, "create_ssl_context", as_of_old)

    assert _tls().minimum_version == ssl.TLSVersion.TLSv1_2
