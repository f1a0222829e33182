"""Signatures of Zalo's webhooks: every configured candidate counts, nothing else does."""

import pytest
from notifier.channels.zalo.signatures import NotSigned, Secrets, candidate_names, check, identity, sign

STAMP = "1763700000000"
RAW = f'{{"event_name": "follow", "timestamp": "{STAMP}"}}'.encode()
SECRETS = Secrets("app", "oa", "app-secret", "oa-secret")
LATER = "1763700000999"


def signature(name: str) -> str:
    first, place, secret = name.split("/")
    firsts, stamps = {"app_id": "app", "oa_id": "oa"}, {"body": STAMP, "header": LATER}
    return sign(firsts[first], RAW, stamps[place], {"oa_secret": "oa-secret", "app_secret": "app-secret"}[secret])


@pytest.mark.parametrize("name", candidate_names())
@pytest.mark.parametrize("prefix", ["mac=", "", "sha256=", "MAC="])
def test_each_candidate_is_known_by_its_name(name: str, prefix: str) -> None:
    signed = check(SECRETS, RAW, prefix + signature(name), LATER)
    assert signed.by == name
    assert signed.at.timestamp() * 1000 == int(STAMP if "/body/" in name else LATER)


@pytest.mark.parametrize("name", candidate_names())
def test_a_narrowed_set_refuses_all_others(name: str) -> None:
    only = Secrets("app", "oa", "app-secret", "oa-secret", frozenset({name}))
    for other in candidate_names():
        if other == name:
            assert check(only, RAW, signature(other), LATER).by == name
        else:
            with pytest.raises(NotSigned):
                check(only, RAW, signature(other), LATER)


@pytest.mark.parametrize("secrets", [Secrets("app", "oa", "", ""), Secrets("", "", "app-secret", "oa-secret")])
def test_an_empty_secret_signs_nothing(secrets: Secrets) -> None:
    for first in ("", "app", "oa"):
        with pytest.raises(NotSigned):
            check(secrets, RAW, sign(first, RAW, STAMP, ""), STAMP)


@pytest.mark.parametrize("given", ["", "mac=", "mac=0", "mac=é", "mac=" + "0" * 64])
def test_no_or_another_signature_is_refused(given: str) -> None:
    with pytest.raises(NotSigned):
        check(SECRETS, RAW, given, STAMP)


def test_an_event_is_known_again_whatever_counts_its_tries() -> None:
    event = {"event_name": "user_send_text", "app_id": "1", "timestamp": "5", "message": {"msg_id": "9", "text": "a"}}
    assert identity(event) == identity({**event, "timestamp": "6", "num_retry": 2})
    assert identity(event) != identity({**event, "message": {"msg_id": "10"}})
    follow = {"event_name": "follow", "timestamp": "5", "follower": {"id": "7"}}
    assert identity(follow) == identity({**follow, "num_retry": 1})
    assert identity(follow) != identity({**follow, "timestamp": "6"})
    assert identity(follow) != identity({**follow, "follower": {"id": "8"}})
