"""Settings of the notifier's processes, read once from the environment (`NOTIFIER_…`)."""

from datetime import timedelta
from email.utils import parseaddr
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from notifier.channels.zalo.signatures import ALL, candidate_names


class SmtpSecurity(StrEnum):
    """How the connection to the relay is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Settings(BaseSettings):
    """Everything a notifier process can be told from outside."""

    model_config = SettingsConfigDict(env_prefix="NOTIFIER_", extra="ignore")

    database_url: str = Field(description="Notifier's own database, as `postgresql+asyncpg://user:password@host/name`.")
    temporal_address: str = Field("127.0.0.1:7233", description="Host and port of Temporal's frontend.")
    temporal_namespace: str = Field("default", description="Temporal namespace of the installation.")
    plan_api_url: str = Field("http://127.0.0.1:8000", description="Base URL of plan-api's internal API.")
    internal_token: SecretStr = Field(
        description="Bearer token of the internal API, both the one sent to plan-api and the one demanded here."
    )
    secret_key: SecretStr = Field(
        min_length=16,
        description=(
            "Secret that signs bounce addresses and message ids, indexes contact addresses blindly, and encrypts them "
            "unless `NOTIFIER_CONTACT_KEYS` is set. Changing it orphans the suppression list."
        ),
    )
    contact_keys: SecretStr = Field(
        SecretStr(""),
        description=(
            "Keys that encrypt contact addresses, as `id=base64 of 32 bytes` separated by commas; the first encrypts, "
            "all decrypt. Empty: one key derived from `NOTIFIER_SECRET_KEY`."
        ),
    )
    smtp_host: str = Field("127.0.0.1", description="Host of the SMTP relay.")
    smtp_port: int = Field(25, ge=1, le=65535, description="Port of the SMTP relay (587 STARTTLS, 465 TLS).")
    smtp_security: SmtpSecurity = Field(
        SmtpSecurity.NONE, description="`none`, `starttls` (demanded, never optional) or `tls` (from the first byte)."
    )
    smtp_ca_file: Path | None = Field(
        None, description="PEM file of the authority that signed the relay's certificate; empty: the system's store."
    )
    smtp_username: str = Field("", description="User name at the relay; empty: no authentication.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password at the relay.")
    smtp_timeout: float = Field(
        10.0, gt=0, description="Seconds to wait for each answer of the relay; after it a message's outcome is unknown."
    )
    smtp_connections: int = Field(8, ge=1, le=64, description="Connections kept open to the relay by one worker.")
    mail_from: str = Field(description="Sender people see, as `Tên <hop-thu@ten-mien>`.")
    mail_reply_to: str = Field("", description="Address answers go to; empty: the sender.")
    reply_domain: str = Field(
        "",
        description=(
            "Domain of the addresses replies to notices go to (`tra-loi+…@`), read by the mailbox or the hook; "
            "a report attached is handed in. Empty: replies go to `NOTIFIER_MAIL_REPLY_TO` and are read by people."
        ),
    )
    imap_host: str = Field("", description="Host of the mailbox of replies and bounces; empty: no mailbox is read.")
    imap_port: int = Field(993, ge=1, le=65535, description="Port of the mailbox (993 TLS, 143 STARTTLS).")
    imap_security: SmtpSecurity = Field(SmtpSecurity.TLS, description="`tls`, `starttls` (demanded) or `none`.")
    imap_ca_file: Path | None = Field(
        None, description="PEM file of the authority that signed the mailbox's certificate; empty: the system's store."
    )
    imap_username: str = Field("", description="User name at the mailbox.")
    imap_password: SecretStr = Field(SecretStr(""), description="Password at the mailbox.")
    imap_folder: str = Field("INBOX", description="Folder that is read; everything in it is dealt with and moved away.")
    imap_done_folder: str = Field("Da xu ly", description="Folder for replies, bounces and auto-replies dealt with.")
    imap_other_folder: str = Field("Khac", description="Folder for messages that answer no notice: people read it.")
    imap_poll_seconds: float = Field(30.0, gt=0, description="Seconds between two looks into the mailbox.")
    bounce_domain: str = Field("", description="Domain of the bounce addresses; empty: the domain of the sender.")
    operator_email: str = Field(
        "",
        description="Where alarms go (steps do not fire, Zalo's grant is in danger …); empty: to the log only.",
    )
    zalo_app_id: str = Field("", description="Id of our app at Zalo; empty: Zalo is off.")
    zalo_app_secret: SecretStr = Field(SecretStr(""), description="Secret of our app at Zalo.")
    zalo_oa_id: str = Field("", description="Id of the Official Account notices are sent from.")
    zalo_oa_secret: SecretStr = Field(
        SecretStr(""), description="Secret of the Official Account, with which Zalo signs webhooks; empty: the app's."
    )
    zalo_webhook_signatures: str = Field(
        "all",
        description=(
            "Which signatures of webhooks count, separated by commas: `app_id/body/oa_secret` and its variants "
            "(`oa_id`, `header`, `app_secret`). `all`: each; the log says which one Zalo uses."
        ),
    )
    zalo_webhook_window_minutes: float = Field(
        120.0, gt=0, le=10_080, description="Minutes a webhook may be old; Zalo tries again for two hours."
    )
    zalo_oauth_url: str = Field("https://oauth.zaloapp.com", description="Zalo's host for consent and tokens.")
    zalo_oauth_timeout: float = Field(
        10.0, gt=0, description="Seconds to wait for an answer of that host; after it a rotation is in doubt."
    )
    zalo_grant_days: float = Field(
        90.0, gt=0, description="Days a consent lasts; the operator is warned two weeks before its end."
    )
    zalo_rotation_renews: bool = Field(
        False, description="Whether every rotation of the tokens begins those days anew (Zalo does not say)."
    )
    zalo_business_url: str = Field(
        "https://business.openapi.zalo.me", description="Zalo's host of template messages by phone, status and quota."
    )
    zalo_oa_url: str = Field("https://openapi.zalo.me", description="Zalo's host of template messages by user id.")
    zalo_app_proof: bool = Field(
        False, description="Whether every call carries `appsecret_proof`, as Zalo's console can demand (code -1241)."
    )
    zalo_templates: Path | None = Field(
        None, description="TOML file that names the id Zalo approved each template under; empty: nothing goes by Zalo."
    )
    zalo_timeout: float = Field(
        5.0, gt=0, le=15, description="Seconds to wait for an answer of Zalo; after it a message's outcome is unknown."
    )
    zalo_connections: int = Field(8, ge=1, le=64, description="Connections kept open to Zalo by one worker.")
    zalo_per_second: float = Field(
        50.0, ge=0, description="Messages one worker begins to send a second at most; 0: as many as it can."
    )
    zalo_look_seconds: float = Field(
        60.0, gt=0, description="Seconds after which a receipt that has not come is asked for; then ever more rarely."
    )
    channel_patience_minutes: float = Field(
        30.0, gt=0, description="Minutes a channel may be down before the next channel of each recipient takes over."
    )
    give_up_hours: float = Field(
        96.0, gt=0, description="Hours after which an address that is only ever refused temporarily counts as failed."
    )
    retry_scale: float = Field(
        1.0, gt=0, le=1, description="Share of their length that waits between tries last; below 1 only in tests."
    )
    host: str = Field("127.0.0.1", description="Address `notifier http` listens on.")
    port: int = Field(8020, ge=0, le=65535, description="Port `notifier http` listens on.")
    clock_offset_seconds: float = Field(
        0.0, description="Seconds the time of facts is ahead of the machine's clock (rehearsals of other days)."
    )
    ready_file: Path | None = Field(None, description="File the worker writes when it polls and removes when it ends.")

    @field_validator("mail_from")
    @classmethod
    def _has_address(cls, value: str) -> str:
        address = parseaddr(value)[1]
        if not address.isascii() or address.count("@") != 1:
            raise ValueError("expected a sender such as 'Thông Suốt <thong-suot@example.vn>'")
        return value

    @field_validator("smtp_ca_file", "imap_ca_file", "ready_file", "zalo_templates", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("zalo_webhook_signatures")
    @classmethod
    def _known_signatures(cls, value: str) -> str:
        unknown = {name.strip() for name in value.split(",")} - {ALL, *candidate_names()}
        if unknown:
            raise ValueError(f"no such signature: {', '.join(sorted(unknown))}")
        return value

    @model_validator(mode="after")
    def _zalo_is_whole(self) -> Self:
        if self.zalo_app_id and not (self.zalo_oa_id and self.zalo_app_secret.get_secret_value()):
            raise ValueError("with NOTIFIER_ZALO_APP_ID, NOTIFIER_ZALO_APP_SECRET and NOTIFIER_ZALO_OA_ID are needed")
        return self

    @property
    def clock_offset(self) -> timedelta:
        """The offset as a duration."""
        return timedelta(seconds=self.clock_offset_seconds)

    @property
    def mail_domain(self) -> str:
        """Domain of the sender."""
        return parseaddr(self.mail_from)[1].rpartition("@")[2]
