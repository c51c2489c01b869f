"""`/healthz`, `/readyz`, `/metrics`: for platforms and programs that watch the service."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, abort, current_app, jsonify
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from feedsvc.errors import SchemaError, StoreError
from feedsvc.services import Services
from feedsvc.store import feeds, overview, records
from feedsvc.store.overview import Pulse
from feedsvc.web.metrics import Watch

blueprint = Blueprint("health", __name__)


@blueprint.after_request
def _fresh(response: Response) -> Response:
    """Keep every answer out of caches: it is about this moment."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer `ok`, or `degraded` with the rules that were broken; 200 either way.

    A broken article must not make a platform restart a service that serves everything else,
    and no restart brings a database back. Details stay inside: titles of articles are not for
    everybody.
    """
    services: Services = current_app.extensions["feedsvc"]
    try:
        with overview.reading(services.database) as tx:
            problems = records.open_problems(tx)
            unavailable = [feed.path for feed in feeds.all_feeds(tx) if feed.unavailable]
    except StoreError as error:
        return jsonify(status="degraded", problems=[], unavailable=[], reason=_reason(error))
    return jsonify(
        status="degraded" if problems or unavailable else "ok",
        problems=sorted({problem.rule for problem in problems}),
        unavailable=unavailable,
    )


@blueprint.get("/readyz")
def readyz() -> Response:
    """Answer 200 when what comes in goes out: the database, the clock and the builds keep up."""
    services: Services = current_app.extensions["feedsvc"]
    try:
        with overview.reading(services.database) as tx:
            pulse = overview.pulse(tx, services.now(), services.press.lease)
        checks = {"database": "ok", "clock": _clock(pulse), "builds": _builds(pulse)}
    except StoreError as error:
        checks = {"database": _reason(error), "clock": "not known", "builds": "not known"}
    is_ready = set(checks.values()) == {"ok"}
    response = jsonify(status="ready" if is_ready else "not ready", checks=checks)
    response.status_code = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return response


def _reason(error: StoreError) -> str:
    """Say what is wrong with the store without saying where it is."""
    return str(error) if isinstance(error, SchemaError) else "the database does not answer"


def _clock(pulse: Pulse) -> str:
    if pulse.silent_for is None:
        return "no worker has ever run"
    seconds = int(pulse.silent_for.total_seconds())
    return f"silent for {seconds} seconds: is a worker running?" if pulse.is_silent else "ok"


def _builds(pulse: Pulse) -> str:
    seconds = int(pulse.late_by.total_seconds())
    return f"a feed has been due for {seconds} seconds" if pulse.is_late else "ok"


@blueprint.get("/metrics")
def metrics() -> Response:
    """Answer with everything that can be counted, in Prometheus' text format, where it is wanted.

    It counts drafts and scheduled articles too, so it is off unless `web.metrics` says otherwise.
    """
    services: Services = current_app.extensions["feedsvc"]
    if not services.settings.web.metrics:
        abort(HTTPStatus.NOT_FOUND)
    try:
        with overview.reading(services.database) as tx:
            found = overview.overview(tx, services.now(), services.press.lease)
    except StoreError as error:
        text = f"# {_reason(error)}\n"
        return Response(text, HTTPStatus.SERVICE_UNAVAILABLE, mimetype="text/plain")
    registry = CollectorRegistry()
    registry.register(Watch(found))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)
