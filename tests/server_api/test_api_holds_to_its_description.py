"""Whatever is sent, the API answers as its own description says and never fails, to an administrator and to a stranger.

Schemathesis makes requests from the description: such as it allows and such as it does not, with ids that are there and
ids that are not. HALFHOUR_API_EXAMPLES asks for more of each kind than the few that a check of a change can wait for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from api_world import EXPORT_SUPPLIER, SITE, STRANGER, World
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, given, settings

schemathesis = pytest.importorskip("schemathesis")

from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.generation import GenerationMode  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = int(os.environ.get("HALFHOUR_API_EXAMPLES", "3"))


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Requests of the whole test share the connection, so that each can be taken back."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.mark.parametrize("who", [f"{EXPORT_SUPPLIER} administrator", f"{STRANGER} administrator"])
def test_every_operation_answers_as_described(world, one_connection, who):
    description = schemathesis.openapi.from_wsgi(
        "/api/v1/openapi.json", get_wsgi_application(), headers={"Host": "localhost"}
    )
    headers = {"Authorization": f"Bearer {world.tokens[who]}", "Host": "localhost"}
    tried = 0
    for found in description.get_all_operations():
        operation = found.ok()
        for strategy in _strategies(operation, world):

            @settings(
                max_examples=EXAMPLES,
                derandomize=True,
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=strategy)
            def answers(case: Any) -> None:
                nonlocal tried
                tried += 1
                with transaction.atomic():
                    case.call_and_validate(headers=headers, checks=CHECKS)
                    transaction.set_rollback(True)

            answers()
    assert tried > 100


def _strategies(operation: Any, world: World) -> list[Any]:
    """Requests that the description allows, of things that are there and that are not, and such as it forbids."""
    there = {
        "case_id": world.case,
        "file_id": world.file,
        "instance_id": world.instance,
        "run_id": world.run,
        "change_id": world.change,
        "timetable_id": "third-party-access",
        "prefix": world.tokens[EXPORT_SUPPLIER][3:11],
    }
    named = {name: value for name, value in there.items() if f"{{{name}}}" in operation.path}
    made = [operation.as_strategy(generation_mode=GenerationMode.POSITIVE)]
    if named:
        made.append(operation.as_strategy(generation_mode=GenerationMode.POSITIVE, path_parameters=named))
    elif any(parameter.name == "site" for parameter in operation.query):
        query = {"query": {"site": SITE}}
        made.append(operation.as_strategy(generation_mode=GenerationMode.POSITIVE, **query))
    if _can_be_wrong(operation):
        made.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    return made


def _can_be_wrong(operation: Any) -> bool:
    return bool(operation.query or operation.path_parameters or operation.body)
