"""The registry of every slice's tables; importing it fills the metadata that migrations compare against."""

from sqlmodel import SQLModel

import plan_api.audit.models
import plan_api.auth.models
import plan_api.calendar.models
import plan_api.difficulties.models
import plan_api.documents.models
import plan_api.escalation.models
import plan_api.forms.models
import plan_api.integration.models
import plan_api.obligations.models
import plan_api.organizations.models
import plan_api.reorganisations.models
import plan_api.suspensions.models
import plan_api.tasks.models  # noqa: F401

METADATA = SQLModel.metadata
