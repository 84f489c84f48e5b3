"""The control API: JSON over HTTP on loopback, for whoever holds the token.

GET  /status  /dump  /calls
POST /calls/reset  /faults  /fail-zone  /heal-zone  /reset  /snapshot  /restore  /stop

and what ``direction`` answers.
"""

from __future__ import annotations

import hmac
import json
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from sopctl.core.clock import stamp
from sopctl.core.codec import Json, encode
from sopctl.core.errors import RefusedError, UsageError
from sopctl.sandbox.aws.faults import FaultRule as AwsFault
from sopctl.sandbox.aws.loopback import LoopbackHandler, LoopbackServer
from sopctl.sandbox.k8s.http import FaultRule as KubeFault
from sopctl.sandbox.process import sealed
from sopctl.sandbox.process.direction import Direction, read_scenario
from sopctl.sandbox.process.household import Household
from sopctl.sandbox.scenario import loader
from sopctl.sandbox.scenario.model import Scenario

BAD_REQUEST = 400

# A request's body: JSON of a caller, checked field by field.
Body = Mapping[str, Any]
Rule = TypeVar("Rule", AwsFault, KubeFault)


class ControlError(Exception):
    """A request that cannot be served; *status* is of HTTP."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Control:
    """Serves *household*; ``stopping`` is set when a caller asks it to stop."""

    def __init__(
        self,
        household: Household,
        token: str,
        scenario: Scenario | None = None,
        key: Path | None = None,
    ) -> None:
        """*scenario* is what the household was planted with; default: the default one.

        *key* is where the key lies that snapshots are sealed with; without: there are none.
        """
        self.household = household
        self._key = key
        self._direction = Direction(household, scenario or loader.default())
        self.token = token
        self.stopping = threading.Event()
        self.served = 0
        self._server = LoopbackServer(type("_BoundHandler", (_Handler,), {"control": self}))
        self._routes: Mapping[tuple[str, str], Callable[[Body], Json]] = {
            ("GET", "/status"): self._status,
            ("GET", "/dump"): self._dump,
            ("GET", "/calls"): self._calls,
            ("POST", "/calls/reset"): self._forget_calls,
            ("POST", "/faults"): self._order_faults,
            ("POST", "/fail-zone"): self._fail_zone,
            ("POST", "/heal-zone"): self._heal_zone,
            ("POST", "/reset"): self._reset,
            ("POST", "/snapshot"): self._snapshot,
            ("POST", "/restore"): self._restore,
            ("POST", "/stop"): self._stop,
            **self._direction.routes(),
        }

    @property
    def url(self) -> str:
        """Where to reach it."""
        return self._server.url

    def start(self) -> None:
        """Serve in a thread."""
        self._server.start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.stop()

    def answer(self, method: str, path: str, authorization: str, body: bytes) -> tuple[int, Json]:
        """HTTP status and JSON for one request; everything wrong has ``error``."""
        try:
            return 200, self._route(method, path, authorization, body)
        except ControlError as error:
            return error.status, {"error": str(error)}
        except (RefusedError, UsageError) as error:
            return BAD_REQUEST, {"error": f"{error.summary}. {error.hint}".strip()}
        except Exception as error:  # noqa: BLE001  # the outermost boundary: a bug answers 500
            traceback.print_exc()
            return 500, {"error": f"{type(error).__name__}: {error}"}

    def _route(self, method: str, path: str, authorization: str, body: bytes) -> Json:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {self.token}".encode()):
            raise ControlError(401, "the token of the sandbox is missing or wrong")
        self.served += 1
        route = self._routes.get((method, path))
        if route is None:
            raise ControlError(404, f"there is no {method} {path}")
        return route(_parsed(body))

    def _status(self, _: Body) -> Json:
        household = self.household
        return {
            "healthy": True,
            "now": stamp(household.clock.now()),
            "rate": household.clock.rate,
            "groups": len(household.cloud.groups()),
            "nodes": len(household.kube.cluster.peek("nodes")),
            "errors": household.errors,
            "faults": len(household.aws.faults) + len(household.kube.faults),
        }

    def _dump(self, body: Body) -> Json:
        """``{"kinds": ["nodes"]}``: of the Kubernetes half these resources only."""
        _only(body, "kinds")
        return self.household.dump(body.get("kinds"))

    def _calls(self, _: Body) -> Json:
        return {
            "aws": [_call(call) for call in list(self.household.aws.calls)],
            "kubernetes": [_call(call) for call in list(self.household.kube.calls)],
        }

    def _forget_calls(self, _: Body) -> Json:
        self.household.aws.calls.clear()
        self.household.kube.calls.clear()
        return {}

    def _order_faults(self, body: Body) -> Json:
        """``{"aws": [rule], "kubernetes": [rule], "clear": true}``; clears first."""
        _only(body, "aws", "kubernetes", "clear")
        aws = [_rule(AwsFault, item) for item in body.get("aws", [])]
        kube = [_rule(KubeFault, item) for item in body.get("kubernetes", [])]
        household = self.household
        if body.get("clear"):
            household.aws.faults.clear()
            household.kube.faults.clear()
        household.aws.faults.extend(aws)
        household.kube.faults.extend(kube)
        return {"aws": len(household.aws.faults), "kubernetes": len(household.kube.faults)}

    def _fail_zone(self, body: Body) -> Json:
        _only(body, "zone", "gray")
        zone = self._zone(body)
        self.household.fail_zone(zone, gray=bool(body.get("gray", False)))
        return {"zone": zone}

    def _heal_zone(self, body: Body) -> Json:
        _only(body, "zone")
        zone = self._zone(body)
        self.household.heal_zone(zone)
        return {"zone": zone}

    def _zone(self, body: Body) -> str:
        asked = body.get("zone")
        found = self.household.zone_name(asked) if isinstance(asked, str) else None
        if found is None:
            known = ", ".join(zone.name for zone in self.household.cloud.zones)
            raise ControlError(400, f"there is no zone {asked!r}, only {known}")
        return found

    def _reset(self, _: Body) -> Json:
        self.household.reset()
        return {}

    def _snapshot(self, body: Body) -> Json:
        """``{"file": absolute path, "header": {...}}``: this process writes the file itself."""
        _only(body, "file", "header")
        path, key = self._snapshot_file(body)
        taken = {
            "taken": stamp(self.household.clock.now()),
            "scenario": self._direction.scenario.model_dump(mode="json", by_alias=True),
            **body.get("header", {}),
        }
        sealed.write(path, key, self.household.snapshot(), taken)
        return {"file": str(path), "bytes": path.stat().st_size}

    def _restore(self, body: Body) -> Json:
        """``{"file": absolute path}``; what was written beside the world comes back."""
        _only(body, "file")
        found = sealed.read(*self._snapshot_file(body))
        self.household.restore(found.world)
        self._direction.scenario = read_scenario(found.header.get("scenario"))
        return {"header": found.header}

    def _snapshot_file(self, body: Body) -> tuple[Path, Path]:
        path = Path(str(body.get("file", "")))
        if not path.is_absolute():
            raise ControlError(400, f"{str(path)!r} is not an absolute path of a file")
        if self._key is None:
            raise ControlError(400, "this sandbox has no place for the key of snapshots")
        return path, self._key

    def _stop(self, _: Body) -> Json:
        self.stopping.set()
        return {}


class _Handler(LoopbackHandler):
    # Set on the subclass that a control API makes for itself.
    control: Control

    def _serve(self) -> None:
        authorization = self.headers.get("authorization", "")
        body = self.read_body()
        status, answer = self.control.answer(self.command, self.path, authorization, body)
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        self.reply(status, headers, json.dumps(answer).encode())

    do_GET = do_POST = _serve  # noqa: N815  # http.server's names


def _parsed(body: bytes) -> Body:
    try:
        found = json.loads(body or b"{}")
    except ValueError as error:
        raise ControlError(400, f"the body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ControlError(400, "the body is not a JSON object")
    return found


def _only(body: Body, *names: str) -> None:
    unknown = sorted(set(body) - set(names))
    if unknown:
        raise ControlError(400, f"unknown field {unknown[0]}; there are {', '.join(names)}")


def _rule(kind: type[Rule], item: Body) -> Rule:
    _only(item, *(field.name for field in fields(kind)))
    return kind(**item)


def _call(call: Any) -> Json:  # noqa: ANN401  # a frozen Call of either half
    return {
        field.name: stamp(call.time) if field.name == "time" else encode(getattr(call, field.name))
        for field in fields(call)
    }
