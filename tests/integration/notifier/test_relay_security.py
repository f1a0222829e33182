"""STARTTLS, implicit TLS and authentication, with a real certificate chain."""

import datetime as dt
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from integration.notifier.conftest import Opener
from integration.notifier.offices import Plan, Post, deliver, notice, passwords, relay, rows
from pydantic import SecretStr


@dataclass(frozen=True)
class Certificate:
    context: ssl.SSLContext
    file: Path


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate of its own authority for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay.test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "relay.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    authority = folder / "authority.pem"
    authority.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return Certificate(context, authority)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # aiosmtpd cannot see implicit TLS
@pytest.mark.parametrize(("security", "implicit"), [("starttls", False), ("tls", True)])
async def test_mail_goes_out_encrypted_and_authenticated(
    open_notifier: Opener, plan: Plan, certificate: Certificate, security: str, implicit: bool
) -> None:
    login: dict[str, Any] = {
        "authenticator": passwords("sở", "mật khẩu"),
        "auth_required": True,
        "auth_require_tls": not implicit,
    }
    item = notice("a@hp.test")
    async with (
        relay(Post(), tls=certificate.context, implicit=implicit, **login) as post,
        open_notifier(
            smtp_port=post.port,
            smtp_security=security,
            smtp_ca_file=certificate.file,
            smtp_username="sở",
            smtp_password=SecretStr("mật khẩu"),
        ) as notifier,
    ):
        await deliver(notifier, plan.batch(item))
        [mail] = post.mails
        assert mail.secure or implicit
    assert plan.state_of(item) == "delivered"


async def test_a_wrong_password_holds_everything_and_is_visible(
    open_notifier: Opener, plan: Plan, certificate: Certificate
) -> None:
    login: dict[str, Any] = {"authenticator": passwords("u", "right"), "auth_required": True}
    async with (
        relay(Post(), tls=certificate.context, **login) as post,
        open_notifier(
            smtp_port=post.port,
            smtp_security="starttls",
            smtp_ca_file=certificate.file,
            smtp_username="u",
            smtp_password=SecretStr("wrong"),
        ) as notifier,
    ):
        page = await deliver(notifier, plan.batch(notice("a@hp.test")))
        [health] = await rows(notifier, "select * from channel_health")
    assert page.remaining == 1
    assert (health.state, "535" in health.detail) == ("down", True)


@pytest.mark.parametrize(("security", "implicit"), [("starttls", False), ("tls", True)])
async def test_an_untrusted_certificate_holds_everything(
    open_notifier: Opener, plan: Plan, certificate: Certificate, security: str, implicit: bool
) -> None:
    async with (
        relay(Post(), tls=certificate.context, implicit=implicit) as post,
        open_notifier(smtp_port=post.port, smtp_security=security) as notifier,
    ):
        page = await deliver(notifier, plan.batch(notice("a@hp.test")))
        [health] = await rows(notifier, "select * from channel_health")
    assert page.remaining == 1
    assert post.mails == []
    assert "certificate" in health.detail.lower()


async def test_a_relay_without_starttls_gets_nothing_when_it_is_demanded(
    open_notifier: Opener, plan: Plan, post: Post
) -> None:
    async with open_notifier(smtp_port=post.port, smtp_security="starttls") as notifier:
        page = await deliver(notifier, plan.batch(notice("a@hp.test")))
        [health] = await rows(notifier, "select * from channel_health")
    assert (page.remaining, post.mails, health.state) == (1, [], "down")
