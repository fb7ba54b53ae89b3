"""Verifier name -> what verifies; a new one is one file and one row here."""

from collections.abc import Mapping

from wrp_proxy.verifiers.agreement import Agreement
from wrp_proxy.verifiers.base import Verifier
from wrp_proxy.verifiers.code import Code
from wrp_proxy.verifiers.finish_reason import FinishReason
from wrp_proxy.verifiers.json_schema import JsonSchema
from wrp_proxy.verifiers.logprob import Logprob
from wrp_proxy.verifiers.no_refusal import NoRefusal
from wrp_proxy.verifiers.non_empty import NonEmpty
from wrp_proxy.verifiers.tools import Tools

VERIFIERS: Mapping[str, Verifier] = {
    "agreement": Agreement(),
    "code": Code(),
    "finish_reason": FinishReason(),
    "json_schema": JsonSchema(),
    "logprob": Logprob(),
    "no_refusal": NoRefusal(),
    "non_empty": NonEmpty(),
    "tools": Tools(),
}
JUDGE = "judge"
"""The name of the verifier that asks a model, which only some proxies have."""
