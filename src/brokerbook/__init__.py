"""Brokerbook: a catalog of messaging platforms that speaks OpenMetadata's REST API."""

__version__ = "0.1.0"
