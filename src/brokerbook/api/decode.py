"""Request bodies to structs."""

from __future__ import annotations

from brokerbook.model.decoding import decode

__all__ = ["decode"]
