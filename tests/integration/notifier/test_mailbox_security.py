"""The mailbox is read over TLS with its certificate checked; nothing is said to a server that cannot prove itself."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from harness.imap_server import PASSWORD, USER, imap_server
from notifier.channels.email.mailbox import FAILURES, Account, Mailbox


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of its own authority for 127.0.0.1, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "imap.test")])
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
    file = tmp_path_factory.mktemp("tls") / "imap.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def _uids(account: Account) -> list[str]:
    with Mailbox(account) as mailbox:
        return [letter.uid for letter in mailbox.letters(10)]


async def test_starttls_is_demanded_and_the_certificate_checked(certificate: Path) -> None:
    async with imap_server(certificate) as server:
        account = Account("127.0.0.1", server.port, "starttls", certificate, USER, PASSWORD, timeout=5)
        assert await asyncio.to_thread(_uids, account) == []
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(_uids, replace(account, ca_file=None))


async def test_a_server_without_starttls_hears_no_password() -> None:
    async with imap_server() as server:
        account = Account("127.0.0.1", server.port, "starttls", None, USER, PASSWORD, timeout=5)
        with pytest.raises(FAILURES):
            await asyncio.to_thread(_uids, account)


async def test_a_wrong_password_is_a_failure_that_waits() -> None:
    async with imap_server() as server:
        account = Account("127.0.0.1", server.port, "none", None, USER, "sai", timeout=5)
        with pytest.raises(FAILURES):
            await asyncio.to_thread(_uids, account)


@pytest.mark.parametrize("folder", ['A" B', "a\r\nLOGOUT", "Đã xử lý"])
def test_folder_names_cannot_carry_commands(folder: str) -> None:
    with pytest.raises(ValueError, match="folder"):
        Mailbox(Account("127.0.0.1", 1, done=folder))
