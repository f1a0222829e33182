"""Everything about plan-api that an installation may choose; read from `PLAN_API_…` environment variables."""

from datetime import timedelta
from functools import cached_property
from pathlib import Path

from cascade_servicekit.clock import SystemClock
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of the API and the worker; a secret is never logged."""

    model_config = SettingsConfigDict(env_prefix="PLAN_API_", extra="ignore")

    database_url: str = Field(description="PostgreSQL, postgresql+asyncpg://user:password@host/database")
    database_pool: int = Field(default=10, description="connections each process holds at most")
    temporal_address: str = Field(default="127.0.0.1:7233", description="Temporal's frontend, host:port")
    temporal_namespace: str = Field(default="default", description="Temporal namespace")
    public_url: str = Field(default="http://127.0.0.1:8000", description="base of the links sent to people")
    secret_key: SecretStr = Field(
        description="root of link tokens, blind indexes and contact encryption (≥ 32 characters)"
    )
    contact_keys: SecretStr | None = Field(
        default=None,
        description="keys of contact columns, `id:base64,…`, first one encrypts; derived from the secret if absent",
    )
    zalo_account_url: str = Field(
        "", description="address of the Official Account (`https://zalo.me/…`) people link their Zalo at; empty: none"
    )
    internal_token: SecretStr = Field(description="bearer token of the notifier on /internal/v1")
    files_dir: Path = Field(default=Path("files"), description="folder of content-addressed files")
    s3_bucket: str | None = Field(default=None, description="bucket that keeps the files instead of the folder")
    s3_endpoint: str | None = Field(
        default=None, description="S3-compatible store, https://host:port; AWS itself if absent"
    )
    s3_region: str = Field(default="us-east-1", description="region requests are signed for")
    s3_access_key: str | None = Field(
        default=None, description="access key; if absent the credentials file, then what AWS clients look for"
    )
    s3_secret_key: SecretStr | None = Field(default=None, description="secret of the access key")
    s3_credentials_file: Path | None = Field(
        default=None, description="file of the AWS form with the keys under `[default]`, such as a mounted secret"
    )
    host: str = Field(default="127.0.0.1", description="address the API listens on")
    port: int = Field(default=8000, description="port the API listens on")
    max_body_bytes: int = Field(default=25_000_000, description="largest request body accepted")
    link_days: int = Field(default=120, description="days a link in a message stays valid")
    culture_day: bool = Field(default=True, description="24 November is a day off (Ngày Văn hóa Việt Nam)")
    clock_offset_seconds: float = Field(
        default=0, description="facts run this far from the machine's clock; rehearsals only"
    )
    notifier_url: str | None = Field(
        default=None, description="notifier's internal HTTP address, for the operations page"
    )
    agenda_delay_seconds: float = Field(
        default=2, ge=0, le=60, description="changes of a document are gathered this long before its supervision looks"
    )
    canary_hours: float = Field(
        default=24, ge=0, description="a synthetic document proves this often that steps fire; 0: never"
    )
    worker_ready_file: Path | None = Field(default=None, description="written once the worker polls")

    @property
    def agenda_delay(self) -> timedelta:
        """How long changes are gathered."""
        return timedelta(seconds=self.agenda_delay_seconds)

    @cached_property
    def clock(self) -> SystemClock:
        """The process's one clock."""
        return SystemClock(timedelta(seconds=self.clock_offset_seconds))
