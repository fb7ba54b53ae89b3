"""The command line: serve, check, explain, models, cache, evaluate, train, simulate."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import structlog
import typer

from wrp_proxy import cli_cache, cli_evaluate, cli_simulate
from wrp_proxy.errors import ConfigError, WrpError
from wrp_proxy.logs import LogFormat, LogLevel, set_up_logs
from wrp_proxy.settings import Settings, load_settings
from wrp_proxy.settings.load import Options
from wrp_proxy.signals import Preferences

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="An OpenAI-compatible proxy that chooses the model and the endpoint of each request.",
    epilog="Without any option, key or file: `wrp-proxy serve`, then ask for the model `auto`.",
)

app.add_typer(cli_cache.app, name="cache")
app.add_typer(cli_evaluate.app)
app.add_typer(cli_simulate.app)

Config = Annotated[
    Path | None,
    typer.Option(envvar="WRP_CONFIG", help="YAML file; without it, the environment decides."),
]
Host = Annotated[
    str | None,
    typer.Option(envvar="WRP_HOST", help=r"Address to bind. \[default: 127.0.0.1]"),
]
Port = Annotated[
    int | None, typer.Option(envvar="WRP_PORT", help=r"Port to bind. \[default: 8080]")
]
ApiKeys = Annotated[
    str | None,
    typer.Option(
        envvar="WRP_API_KEYS", help="Keys of clients, with commas; better set in the variable."
    ),
]
AllowAnonymous = Annotated[
    bool,
    typer.Option(envvar="WRP_ALLOW_ANONYMOUS", help="Serve other addresses without keys."),
]
StateDir = Annotated[
    Path | None,
    typer.Option(
        envvar="WRP_STATE_DIR",
        help=r"Where the journal is kept. \[default: ~/.local/state/wrp-proxy]",
    ),
]
FindOllama = Annotated[
    bool,
    typer.Option(
        envvar="WRP_FIND_OLLAMA", help="Look for a running Ollama when nothing is configured."
    ),
]
AskedModel = Annotated[
    str, typer.Option(envvar="WRP_MODEL", help="The route or model a client would name.")
]

Weight = Annotated[
    float | None,
    typer.Option(min=0, max=10, help="As x-wrp-cost-weight and x-wrp-latency-weight."),
]


@app.command()
def serve(  # noqa: PLR0913 - one per option
    config: Config = None,
    host: Host = None,
    port: Port = None,
    api_keys: ApiKeys = None,
    allow_anonymous: AllowAnonymous = False,
    state_dir: StateDir = None,
    find_ollama: FindOllama = True,
    log_level: Annotated[LogLevel, typer.Option(envvar="WRP_LOG_LEVEL")] = LogLevel.info,
    log_format: Annotated[LogFormat, typer.Option(envvar="WRP_LOG_FORMAT")] = LogFormat.text,
) -> None:
    """Start the proxy. Environment variables with a provider's key are enough:

    OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, GROQ_API_KEY, MISTRAL_API_KEY,
    DEEPSEEK_API_KEY, OPENROUTER_API_KEY, TOGETHER_API_KEY, XAI_API_KEY, FIREWORKS_API_KEY,
    AZURE_OPENAI_*, OLLAMA_BASE_URL, VLLM_BASE_URL, WRP_PROVIDER_<NAME>_BASE_URL,
    WRP_LOCAL_MODELS=name=path.gguf.
    """
    set_up_logs(log_level, log_format)
    settings = _load(
        Options(
            config=config,
            host=host,
            port=port,
            api_keys=api_keys,
            allow_anonymous=allow_anonymous,
            find_ollama=find_ollama,
        )
    )
    from wrp_proxy.server import run

    try:
        run(settings, state_dir or _default_state_dir())
    except (OSError, WrpError) as error:
        typer.secho(f"The proxy cannot start: {error}", err=True, fg="red")
        raise typer.Exit(1) from error


@app.command()
def check(
    config: Config = None,
    host: Host = None,
    port: Port = None,
    api_keys: ApiKeys = None,
    allow_anonymous: AllowAnonymous = False,
    find_ollama: FindOllama = True,
) -> None:
    """Validate what `serve` would run, without starting; exit 1 with every problem there is."""
    settings = _load(
        Options(
            config=config,
            host=host,
            port=port,
            api_keys=api_keys,
            allow_anonymous=allow_anonymous,
            find_ollama=find_ollama,
        )
    )
    models, routes = len(settings.models), len({"auto", *settings.routes})
    typer.echo(f"ok: {len(settings.providers)} providers, {models} models, {routes} routes")


@app.command()
def models(config: Config = None, find_ollama: FindOllama = True) -> None:
    """List what a client may ask for, with prices and windows."""
    settings = _load(Options(config=config, allow_anonymous=True, find_ollama=find_ollama))
    from wrp_proxy.explain import describe_catalog

    for line in describe_catalog(settings):
        typer.echo(line)


@app.command()
def explain(  # noqa: PLR0913 - one per option
    prompt: Annotated[str, typer.Argument(help="What a client would ask.")],
    model: AskedModel = "auto",
    config: Config = None,
    find_ollama: FindOllama = True,
    system: Annotated[str | None, typer.Option(help="The system prompt before it.")] = None,
    tools: Annotated[int, typer.Option(help="How many tools it would offer.", min=0)] = 0,
    cost_weight: Weight = None,
    latency_weight: Weight = None,
    session: Annotated[str | None, typer.Option(help="As x-session-id names it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As POST /v1/route answers.")] = False,
) -> None:
    """Print how a prompt would be routed, and why, without calling any model."""
    settings = _load(Options(config=config, allow_anonymous=True, find_ollama=find_ollama))
    from wrp_proxy.explain import Inquiry, explain_as_json, explain_prompt

    inquiry = Inquiry(
        prompt=prompt,
        model=model,
        system=system,
        tools=tools,
        session=session,
        preferences=Preferences(cost=cost_weight, latency=latency_weight),
    )
    try:
        if as_json:
            typer.echo(asyncio.run(explain_as_json(settings, inquiry)))
        else:
            typer.echo("\n".join(asyncio.run(explain_prompt(settings, inquiry))))
    except WrpError as error:
        typer.secho(error.message, err=True, fg="red")
        raise typer.Exit(1) from error


def _load(options: Options) -> Settings:
    if not structlog.is_configured():
        set_up_logs(LogLevel.warning, LogFormat.text)
    try:
        return load_settings(options, os.environ)
    except ConfigError as error:
        count = len(error.problems)
        typer.secho(f"{count} problem{'s' * (count > 1)} in the configuration:", err=True, fg="red")
        for problem in error.problems:
            typer.echo(f"  {problem}", err=True)
        raise typer.Exit(1) from error


def _default_state_dir() -> Path:
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "wrp-proxy"
