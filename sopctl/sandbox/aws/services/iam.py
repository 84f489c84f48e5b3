"""The one operation of IAM that moto lacks: SimulatePrincipalPolicy. The rest is moto's."""

from __future__ import annotations

from typing import Any

from sopctl.sandbox.aws.access.policy import Verdict, decide, statements
from sopctl.sandbox.aws.access.principals import statements_of
from sopctl.sandbox.aws.desk import Handler, Params
from sopctl.sandbox.aws.errors import ServiceError
from sopctl.sandbox.aws.protocol import Request
from sopctl.sandbox.aws.region import Region


class Simulation:
    """What the policies of a user or role would decide, on the context that is given.

    As on AWS the source is a user's or role's ARN, never that of a session, and neither session
    policies nor service control policies are looked at.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self.operations: dict[str, Handler] = {"SimulatePrincipalPolicy": self._simulate}

    def _simulate(self, params: Params, _: Request) -> Params:
        source = params["PolicySourceArn"]
        if ":assumed-role/" in source or not source.startswith("arn:"):
            raise ServiceError("InvalidInput", f"Invalid Entity Arn: {source}")
        found = statements_of(self._region.account, source)
        if found is None:
            raise ServiceError("NoSuchEntity", f"Invalid Entity Arn: {source} does not exist.")
        for number, document in enumerate(params.get("PolicyInputList", []), start=1):
            found += statements(f"PolicyInputList.{number}", document)
        context = {
            entry["ContextKeyName"].lower(): entry.get("ContextKeyValues", [])
            for entry in params.get("ContextEntries", [])
        }
        resources = params.get("ResourceArns") or ["*"]
        results = [
            _result(action, resource, decide(found, action, resource, context))
            for action in params["ActionNames"]
            for resource in resources
        ]
        return {"EvaluationResults": results, "IsTruncated": False}


def _result(action: str, resource: str, verdict: Verdict) -> dict[str, Any]:
    return {
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": verdict.decision,
        "MatchedStatements": [
            {"SourcePolicyId": statement.policy, "SourcePolicyType": "IAM Policy"}
            for statement in verdict.matched
        ],
        "MissingContextValues": list(verdict.missing),
    }
