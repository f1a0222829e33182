"""The operator's view of Zalo's templates: the pack to submit, and how the register fits what is approved."""

from typing import ClassVar

from cascade_servicekit.problems import Refusal
from fastapi import APIRouter, Request
from pydantic import BaseModel

from notifier.assembly import zalo_client
from notifier.channels.zalo.checking import Standing, check
from notifier.channels.zalo.client import NotSent, Silence, TokenGone
from notifier.channels.zalo.templates import load_pack, load_register
from notifier.http.zalo_grant import Office

router = APIRouter(prefix="/zalo/templates", tags=["zalo"])


class ZaloSilent(Refusal):
    """Zalo did not answer, or there is no usable grant."""

    code: ClassVar[str] = "zalo_silent"
    status: ClassVar[int] = 502
    title: ClassVar[tuple[str, str]] = ("Zalo không trả lời", "Zalo does not answer")
    remedy: ClassVar[tuple[str, str]] = (
        "Kính đề nghị kiểm tra kết nối ra Internet và quyền gửi tin Zalo ({why}), rồi thử lại.",
        "Check the connection to the internet and the grant of Zalo ({why}), then try again.",
    )


class RegisterUnreadable(Refusal):
    """The register of templates cannot be read."""

    code: ClassVar[str] = "zalo_register_unreadable"
    status: ClassVar[int] = 409
    title: ClassVar[tuple[str, str]] = ("Không đọc được bảng mẫu tin Zalo", "Register of Zalo templates unreadable")
    remedy: ClassVar[tuple[str, str]] = (
        "Kính đề nghị sửa tệp nêu ở NOTIFIER_ZALO_TEMPLATES: {why}",
        "Mend the file NOTIFIER_ZALO_TEMPLATES names: {why}",
    )


class ParameterOut(BaseModel):
    """One parameter as it is registered with Zalo."""

    name: str
    type: str
    longest: int


class WordingOut(BaseModel):
    """One template as it is submitted; `<name>` stands for a parameter."""

    template: str
    version: int
    name: str
    tag: str
    title: str
    paragraphs: list[str]
    table: list[tuple[str, str]]
    button_title: str
    button_url: str
    parameters: list[ParameterOut]


@router.get("/pack")
async def pack() -> list[WordingOut]:
    """Return the wordings to submit for approval."""
    return [
        WordingOut(
            template=each.template,
            version=each.version,
            name=each.name,
            tag=each.tag,
            title=each.title,
            paragraphs=list(each.paragraphs),
            table=list(each.table),
            button_title=each.button[0],
            button_url=each.button[1],
            parameters=[ParameterOut(name=one.name, type=one.type, longest=one.longest) for one in each.parameters],
        )
        for each in load_pack()
    ]


@router.get("/check")
async def compare(request: Request, zalo: Office) -> Standing:
    """Compare the register with what Zalo has approved; changes nothing."""
    settings = request.app.state.settings
    try:
        register = load_register(settings.zalo_templates)
    except ValueError as error:
        raise RegisterUnreadable(why=str(error)) from error
    try:
        async with zalo_client(settings, zalo.keeper) as client:
            return await check(client, register, load_pack())
    except (NotSent, Silence, TokenGone) as error:
        raise ZaloSilent(why=str(error)) from error
