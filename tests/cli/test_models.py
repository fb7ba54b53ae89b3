"""`wrp-proxy models`: what may a client ask for?"""

from tests.cli.conftest import Run
from wrp_proxy.providers.vendors import VENDORS


def test_routes_and_models_stand_one_a_line_with_what_they_cost(run: Run, config: str) -> None:
    result = run("models", "--config", config)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "auto  (route: all models; strategy fixed_order)",
        "thrifty  (route: large, small; strategy cheapest)",
        "large  (lab/mock-large; 2/8 USD per million; window 32768)",
        "small  (lab/mock-small; 0.1/0.4 USD per million; window 8192)",
    ]


def test_models_of_the_environment_have_the_prices_of_the_list(run: Run) -> None:
    result = run("models", MISTRAL_API_KEY="key-never-shown")

    _, *models = result.stdout.splitlines()
    assert [line.split()[0] for line in models] == list(VENDORS["mistral"].models)
    assert "unknown" not in result.stdout
    assert "never-shown" not in result.output


def test_what_is_not_known_is_said_to_be_unknown(run: Run) -> None:
    result = run(
        "models",
        WRP_PROVIDER_LAB_BASE_URL="http://127.0.0.1:9100/v1",
        WRP_PROVIDER_LAB_MODELS="house",
    )

    assert "house  (lab/house; price unknown; window unknown)" in result.stdout


def test_servers_that_will_be_asked_are_mentioned_where_there_is_no_model(run: Run) -> None:
    result = run("models", VLLM_BASE_URL="http://127.0.0.1:8000")

    assert result.exit_code == 0
    assert result.stdout.startswith("no model yet; servers without a list of models are asked")


def test_a_wrong_configuration_is_refused(run: Run) -> None:
    result = run("models", AZURE_OPENAI_API_KEY="key-never-shown")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "AZURE_OPENAI_ENDPOINT: is not set, but Azure needs it" in result.stderr
    assert "never-shown" not in result.output
