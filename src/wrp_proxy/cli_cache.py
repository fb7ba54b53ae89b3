"""`wrp-proxy cache`: look into the cache of a running proxy, and clear it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx
import typer

from wrp_proxy.cache.policy import VerifierName

app = typer.Typer(no_args_is_help=True, help="Look into the cache of a running proxy; clear it.")

Url = Annotated[str, typer.Option(envvar="WRP_URL", help="Address of the running proxy.")]
ApiKey = Annotated[
    str | None,
    typer.Option(envvar="WRP_API_KEY", help="A key of the proxy; better set in the variable."),
]
Tenant = Annotated[str | None, typer.Option(help="Whose key asked first.")]
RequestId = Annotated[str | None, typer.Option(help="The request that was answered first.")]
Namespace = Annotated[str | None, typer.Option(help="As callers named it.")]
OlderThan = Annotated[float | None, typer.Option(help="Seconds since the answer was made.")]
_URL = "http://127.0.0.1:8080"
_TIMEOUT_S = 60.0


@app.command()
def stats(url: Url = _URL, key: ApiKey = None) -> None:
    """Print what is kept, what was given again, and how often that was wrong."""
    typer.echo(json.dumps(_ask("GET", url, "stats", key), indent=2))


@app.command()
def ls(  # noqa: PLR0913 - one per option
    tenant: Tenant = None,
    request_id: RequestId = None,
    namespace: Namespace = None,
    older_than_s: OlderThan = None,
    limit: int = 100,
    url: Url = _URL,
    key: ApiKey = None,
) -> None:
    """List entries, the newest first."""
    wanted = _filter(tenant, request_id, namespace, older_than_s) | {"limit": str(limit)}
    for entry in _ask("GET", url, "entries", key, params=wanted)["data"]:
        question = entry["question"].replace("\n", " ")[:60]
        typer.echo(
            f"{entry['id']}  {entry['scope']}  {entry['route']} -> {entry['model']}  "
            f"{entry['category']}  {entry['size']} B  {question}"
        )


@app.command()
def rm(  # noqa: PLR0913 - one per option
    entry_ids: Annotated[list[str] | None, typer.Argument(help="Ids, as `ls` shows them.")] = None,
    tenant: Tenant = None,
    request_id: RequestId = None,
    namespace: Namespace = None,
    older_than_s: OlderThan = None,
    url: Url = _URL,
    key: ApiKey = None,
) -> None:
    """Forget entries: by id, by who asked, by the first request, by namespace, by age."""
    wanted = _filter(tenant, request_id, namespace, older_than_s)
    if not entry_ids and not wanted:
        raise typer.BadParameter("name entries, or an option; `flush` forgets all there are")
    deleted = sum(
        _ask("DELETE", url, f"entries/{entry_id}", key)["deleted"] for entry_id in entry_ids or ()
    )
    if wanted:
        deleted += _ask("DELETE", url, "entries", key, params=wanted)["deleted"]
    typer.echo(f"{deleted} deleted")


@app.command()
def flush(
    scope: Annotated[
        str | None, typer.Option(help=r"`key:NAME`, `team:NAME`, `public`. \[default: all]")
    ] = None,
    url: Url = _URL,
    key: ApiKey = None,
) -> None:
    """Begin a new epoch: nothing that was kept before is given again."""
    epoch = _ask("POST", url, "flush", key, json={"scope": scope})["epoch"]
    typer.echo(f"flushed: {scope or 'all'} is in epoch {epoch} now")


@app.command()
def audit(limit: int = 50, url: Url = _URL, key: ApiKey = None) -> None:
    """Show hits that may be wrong: those labelled so, then the least similar ones."""
    for hit in _ask("GET", url, "audit", key, params={"limit": str(limit)})["data"]:
        verdict = {None: "not judged", False: "wrong"}[hit["right"]]
        typer.echo(f"{hit['similarity']:.4f}  {verdict}  {hit['entry_id']}  {hit['request_id']}")
        typer.echo(f"    asked  {hit['asked']}\n    known  {hit['known']}")


@app.command()
def export(file: Path, url: Url = _URL, key: ApiKey = None) -> None:
    """Write all entries with their answers to a file, as lines of JSON."""
    with (
        _reaching(url),
        _client(url, key) as client,
        client.stream("GET", "export") as reply,
    ):
        if reply.status_code != httpx.codes.OK:
            reply.read()
            raise _refused(reply)
        lines = 0
        with file.open("wb") as out:
            for piece in reply.iter_bytes():
                lines += piece.count(b"\n")
                out.write(piece)
    typer.echo(f"{max(lines - 1, 0)} entries written to {file}")


@app.command(name="import")
def take_in(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    url: Url = _URL,
    key: ApiKey = None,
) -> None:
    """Read entries that a proxy with the same cache.secret has exported."""
    said = _ask("POST", url, "import", key, content=file.read_bytes())
    typer.echo(f"{said['imported']} imported, {said['refused']} refused")


@app.command()
def calibrate(
    data: Annotated[
        Path, typer.Option(exists=True, help="Lines of JSON: text_a, text_b, same (0 or 1).")
    ],
    verifier: Annotated[VerifierName, typer.Option(help="What looks at the words.")] = "guard",
    preset: Annotated[
        Literal["strict", "balanced", "lenient"],
        typer.Option(help="Whose budget of errors, and whose cut of the learned verifier."),
    ] = "balanced",
) -> None:
    """Print what each threshold would serve of your own pairs, and how much of it wrongly."""
    from wrp_proxy.calibrating import calibration_lines

    try:
        for line in calibration_lines(data, verifier, preset):
            typer.echo(line)
    except ValueError as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(1) from error


def _filter(
    tenant: str | None, request_id: str | None, namespace: str | None, older_than_s: float | None
) -> dict[str, str]:
    wanted = {
        "tenant": tenant,
        "request_id": request_id,
        "namespace": namespace,
        "older_than_s": older_than_s,
    }
    return {name: str(value) for name, value in wanted.items() if value is not None}


def _ask(method: str, url: str, path: str, key: str | None, **more: Any) -> Any:
    with _reaching(url), _client(url, key) as client:
        reply = client.request(method, path, **more)
    if reply.status_code != httpx.codes.OK:
        raise _refused(reply)
    said = reply.json()
    if said.get("pending"):
        typer.secho("Redis cannot be reached: other proxies hear of it once it can", err=True)
    return said


@contextmanager
def _reaching(url: str) -> Iterator[None]:
    """Say where it fails that a proxy cannot be reached."""
    try:
        yield
    except httpx.HTTPError as error:
        typer.secho(f"{url} cannot be reached: {error}", err=True, fg="red")
        raise typer.Exit(1) from error


def _client(url: str, key: str | None) -> httpx.Client:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    base_url = f"{url.rstrip('/').removesuffix('/v1')}/v1/cache/"
    return httpx.Client(base_url=base_url, headers=headers, timeout=_TIMEOUT_S)


def _refused(reply: httpx.Response) -> typer.Exit:
    try:
        said = reply.json()["error"]["message"]
    except (ValueError, KeyError, TypeError):
        said = f"the proxy answered {reply.status_code}"
    typer.secho(said, err=True, fg="red")
    return typer.Exit(1)
