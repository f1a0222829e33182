"""The office's procedures, as workflows."""

from workflow_worker.workflows.delivery import DeliveryWorkflow
from workflow_worker.workflows.supervision import SupervisionWorkflow

WORKFLOWS = [SupervisionWorkflow, DeliveryWorkflow]

__all__ = ["WORKFLOWS", "DeliveryWorkflow", "SupervisionWorkflow"]
