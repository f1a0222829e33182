"""Sealing, indexing, rotation."""

import base64

import pytest
from cryptography.exceptions import InvalidTag
from notifier.keys import Keyring

OLD, NEW = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


def test_what_is_sealed_can_be_opened_and_never_looks_the_same() -> None:
    keyring = Keyring.load("a secret of ours")
    first, second = keyring.seal("a@hp.test"), keyring.seal("a@hp.test")
    assert first != second
    assert "a@hp.test" not in first
    assert keyring.open(first) == keyring.open(second) == "a@hp.test"


def test_keys_rotate() -> None:
    before = Keyring.load("secret", f"k1={OLD}")
    after = Keyring.load("secret", f"k2={NEW}, k1={OLD}")
    sealed = before.seal("a@hp.test")
    assert after.open(sealed) == "a@hp.test"
    assert after.seal("a@hp.test").startswith("k2:")
    with pytest.raises(KeyError):
        Keyring.load("secret", f"k2={NEW}").open(sealed)
    with pytest.raises(InvalidTag):
        Keyring.load("secret", f"k1={NEW}").open(sealed)


def test_the_index_finds_equal_addresses_whatever_key_encrypts() -> None:
    one, other = Keyring.load("secret", f"k1={OLD}"), Keyring.load("secret", f"k2={NEW}")
    assert one.index("email", "A@hp.test ") == other.index("email", "a@HP.test")
    assert one.index("email", "a@hp.test") != one.index("zalo", "a@hp.test")
    assert one.index("email", "a@hp.test") != Keyring.load("other", f"k1={OLD}").index("email", "a@hp.test")


@pytest.mark.parametrize("keys", ["k1=short", "k1", f"K 1={OLD}", "k1=" + base64.b64encode(b"x" * 16).decode()])
def test_a_malformed_key_is_refused(keys: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Keyring.load("secret", keys)


def test_keys_do_not_show_in_logs() -> None:
    assert OLD not in repr(Keyring.load("secret", f"k1={OLD}"))
