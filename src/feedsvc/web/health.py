"""`/healthz`: is everything served as it should be?"""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify

from feedsvc.services import Services
from feedsvc.store import feeds, records

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer `ok`, or `degraded` with the rules that were broken; 200 either way.

    A broken article must not make a platform restart a service that serves everything else.
    Details stay inside: titles of articles are not for everybody.
    """
    services: Services = current_app.extensions["feedsvc"]
    with services.database.read() as tx:
        problems = records.open_problems(tx)
        unavailable = [feed.path for feed in feeds.all_feeds(tx) if feed.unavailable]
    response = jsonify(
        status="degraded" if problems or unavailable else "ok",
        problems=sorted({problem.rule for problem in problems}),
        unavailable=unavailable,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
