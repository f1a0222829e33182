"""Turns facts into finished texts: words by language, a view of the facts, versioned templates."""

from notifier.rendering.renderer import Rendered, Renderer
from notifier.rendering.selection import template_for, template_of

__all__ = ["Rendered", "Renderer", "template_for", "template_of"]
