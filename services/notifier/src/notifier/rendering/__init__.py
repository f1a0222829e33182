"""Turns facts into finished texts: words by language, a view of the facts, versioned templates."""

from notifier.rendering.renderer import Rendered, Renderer, Told
from notifier.rendering.selection import template_for, template_of

__all__ = ["Rendered", "Renderer", "Told", "template_for", "template_of"]
