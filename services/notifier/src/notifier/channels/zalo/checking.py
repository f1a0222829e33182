"""Compares the register with what Zalo has approved, row by row. Asks Zalo, changes nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from notifier.channels.zalo.client import Answer, Client, NotSent, Silence, TokenGone
from notifier.channels.zalo.templates import Entry, Register, Wording

APPROVED: Final = "ENABLE"
_AT_ONCE: Final = 4
_PAGE: Final = 100


class Difference(StrEnum):
    """What differs. `TIMEOUT` delays the next channel; everything else lets messages be refused."""

    NOT_REGISTERED = "not_registered"
    NOT_AT_ZALO = "not_at_zalo"
    NOT_APPROVED = "not_approved"
    PARAMETER_MISSING = "parameter_missing"
    PARAMETER_EXTRA = "parameter_extra"
    PARAMETER_SHORTER = "parameter_shorter"
    TIMEOUT = "timeout"
    NOT_ANSWERED = "not_answered"


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference; `about` names the parameter or the value, `ours` and `theirs` what each side says."""

    difference: Difference
    about: str = ""
    ours: str = ""
    theirs: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One template of the pack as it stands; prices in dong, empty where Zalo does not say."""

    template: str
    version: int
    zalo_id: str
    findings: tuple[Finding, ...]
    price_by_phone: str = ""
    price_by_user_id: str = ""
    quality: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Every template of the pack, what Zalo has beyond them, and the quota of the day (empty: not told)."""

    rows: tuple[Row, ...]
    others: tuple[str, ...]
    daily_quota: str = ""
    remaining_quota: str = ""


def compare(entry: Entry, info: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return how Zalo's description of a template differs from ours. Pure."""
    found: list[Finding] = []
    status = str(info.get("status", ""))
    if status != APPROVED:
        found.append(Finding(Difference.NOT_APPROVED, ours=APPROVED, theirs=status))
    theirs = {str(each.get("name")): each for each in info.get("listParams") or []}
    for parameter in entry.wording.parameters:
        known = theirs.pop(parameter.name, None)
        if known is None:
            found.append(Finding(Difference.PARAMETER_MISSING, parameter.name))
            continue
        longest = str(known.get("maxLength", ""))
        if longest.isdigit() and int(longest) < parameter.longest:
            found.append(Finding(Difference.PARAMETER_SHORTER, parameter.name, str(parameter.longest), longest))
    found += [Finding(Difference.PARAMETER_EXTRA, name) for name, each in theirs.items() if each.get("require", True)]
    timeout = str(info.get("timeout", ""))
    if timeout.isdigit() and int(timeout) != entry.timeout * 1000:
        found.append(Finding(Difference.TIMEOUT, ours=str(entry.timeout), theirs=str(int(timeout) // 1000)))
    return tuple(found)


async def check(client: Client, register: Register, pack: Sequence[Wording]) -> Standing:
    """Ask Zalo for every registered template, the list of all, and the quota.

    Raises:
        NotSent | Silence | TokenGone: Zalo cannot be asked at all.
    """
    quota = await client.quota()
    slots = asyncio.Semaphore(_AT_ONCE)

    async def row(wording: Wording) -> Row:
        entry = register.find(wording.template, wording.version)
        if entry is None:
            return Row(wording.template, wording.version, "", (Finding(Difference.NOT_REGISTERED),))
        async with slots:
            return await _row(client, entry)

    rows = await asyncio.gather(*(row(wording) for wording in pack))
    named = {entry.zalo_id for entry in register.entries.values()}
    others = [each for each in await _all_ids(client) if each not in named]
    data = quota.data if isinstance(quota.data, Mapping) else {}
    return Standing(tuple(rows), tuple(others), str(data.get("dailyQuota", "")), str(data.get("remainingQuota", "")))


async def _row(client: Client, entry: Entry) -> Row:
    wording = entry.wording
    try:
        answer = await client.template(entry.zalo_id)
    except (NotSent, Silence, TokenGone) as error:
        finding = Finding(Difference.NOT_ANSWERED, theirs=str(error))
        return Row(wording.template, wording.version, entry.zalo_id, (finding,))
    if answer.code != 0:
        return Row(wording.template, wording.version, entry.zalo_id, (_refused(answer),))
    info = answer.data
    return Row(
        wording.template,
        wording.version,
        entry.zalo_id,
        compare(entry, info),
        str(info.get("price_sdt") or ""),
        str(info.get("price_uid") or ""),
        str(info.get("templateQuality") or ""),
    )


def _refused(answer: Answer) -> Finding:
    if answer.code == -109:
        return Finding(Difference.NOT_AT_ZALO)
    return Finding(Difference.NOT_ANSWERED, theirs=f"{answer.code} {answer.message}".strip())


async def _all_ids(client: Client) -> list[str]:
    found: list[str] = []
    while True:
        answer = await client.templates(len(found), _PAGE)
        page = answer.data if isinstance(answer.data, list) else []
        found += [str(each.get("templateId")) for each in page]
        if len(page) < _PAGE:
            return found
