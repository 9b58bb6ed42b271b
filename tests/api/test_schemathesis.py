"""Requests made by a machine from our OpenAPI document: none is answered otherwise than the document promises.

A thorough run, with other requests each time: `SCHEMATHESIS_EXAMPLES=200 .venv/bin/pytest tests/api/test_schemathesis.py`.
"""

from __future__ import annotations

import copy
import os
import uuid
from typing import TYPE_CHECKING, Any

import described
import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from make import SERVICES, make, made, path_of, prepare
from schemathesis import checks

from brokerbook.kinds import KINDS
from processes import Process, token
