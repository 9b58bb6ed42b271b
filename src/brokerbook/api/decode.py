"""Request bodies to structs."""

from __future__ import annotations

from brokerbook.model.decoding import decode, elements

__all__ = ["decode", "elements"]
