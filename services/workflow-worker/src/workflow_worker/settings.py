"""Everything about workflow-worker that an installation may choose; read from `WORKFLOW_WORKER_…` variables."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of the worker; workflows themselves read none."""

    model_config = SettingsConfigDict(env_prefix="WORKFLOW_WORKER_", extra="ignore")

    temporal_address: str = Field(default="127.0.0.1:7233", description="Temporal's frontend, host:port")
    temporal_namespace: str = Field(default="default", description="Temporal namespace")
    max_cached_workflows: int = Field(default=300, description="workflows kept in memory between their tasks")
    ready_file: Path | None = Field(default=None, description="written once the worker polls")
