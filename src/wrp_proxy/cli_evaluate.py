"""`wrp-proxy evaluate` and `wrp-proxy train`: how good are strategies, and what fits them?"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from wrp_proxy.cli_errors import explaining

app = typer.Typer(no_args_is_help=True)

Recorded = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="Lines of JSON, a query each, packed or not."),
]
JournalFile = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="A proxy's own journal, instead of --data."),
]
MetaFile = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="JSON: the models and prices of --data."),
]
Models = Annotated[
    list[str] | None, typer.Option(help="Only these models; may come again, or with commas.")
]
Seed = Annotated[int, typer.Option(help="Of orders, draws and judges.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]


@app.command()
def evaluate(  # noqa: PLR0913 - one per option
    data: Recorded = None,
    journal: JournalFile = None,
    meta: MetaFile = None,
    train: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="What strategies learn from before."),
    ] = None,
    strategy: Annotated[
        list[str] | None,
        typer.Option(help="A name, or an expression such as 'session(linucb)'; may come again."),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE or STRATEGY.NAME=VALUE, in YAML; may come again."),
    ] = None,
    models: Models = None,
    online: Annotated[
        bool, typer.Option("--online/--offline", help="Let strategies learn from what they serve.")
    ] = False,
    orders: Annotated[int, typer.Option(min=1, help="Of the queries, on line.")] = 5,
    feedback_rate: Annotated[
        float, typer.Option(min=0, max=1, help="Share of answers somebody scores, on line.")
    ] = 1.0,
    judge_error: Annotated[
        float, typer.Option(min=0, max=0.49, help="Share of those scores that are wrong.")
    ] = 0.0,
    budget: Annotated[
        float | None, typer.Option(min=0.001, help="Share of the best single model's cost.")
    ] = None,
    route: Annotated[str | None, typer.Option(help="Of the journal; else all.")] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the frontiers: a .png or .svg file.")
    ] = None,
    as_json: AsJson = False,
    seed: Seed = 0,
) -> None:
    """Measure strategies: accuracy, cost, AIQ and the time of a decision.

    On recorded outcomes of all models (--data, --meta), or, off policy, on the journal of a proxy
    whose strategy explores.
    """
    with explaining():
        if journal is not None:
            if plot is not None:
                raise typer.BadParameter("off policy there is no frontier", param_hint="--plot")
            figures = _off_policy(journal, meta, strategy or [], param or [], route, seed)
        else:
            from wrp_proxy.evaluation.evaluate import Options, read_tables
            from wrp_proxy.evaluation.evaluate import evaluate as measure
            from wrp_proxy.evaluation.strategies import read_parameters

            options = Options(
                strategies=_some(strategy),
                parameters=read_parameters(param or []),
                online=online,
                orders=orders,
                feedback_rate=feedback_rate,
                judge_error=judge_error,
                budget=budget,
                seed=seed,
            )
            tables = read_tables(*_both(data, meta), train, _separate(models))
            figures = measure(*tables, options)
        _show(figures, plot, as_json=as_json)


@app.command()
def train(  # noqa: PLR0913 - one per option
    data: Recorded = None,
    journal: JournalFile = None,
    meta: MetaFile = None,
    route: Annotated[str, typer.Option(help="Of the journal, and of what is printed.")] = "auto",
    strategy: Annotated[str, typer.Option(help="Whose parameters are chosen.")] = "task_table",
    models: Models = None,
    folds: Annotated[int, typer.Option(min=2, max=20, help="Of the cross-validation.")] = 5,
    output: Annotated[
        Path | None, typer.Option(help="Write what is learnt, for the parameter `trained`.")
    ] = None,
    as_json: AsJson = False,
    seed: Seed = 0,
) -> None:
    """Choose a strategy's parameters by your own outcomes, and print what would change.

    Cross-validated on recorded outcomes of all models (--data, --meta), or, off policy, on the
    journal of a proxy whose strategy explores.
    """
    from wrp_proxy.evaluation.train import Task, train_from_journal, train_from_outcomes
    from wrp_proxy.evaluation.training_report import training_json, training_lines

    task = Task(strategy=strategy, folds=folds, seed=seed, output=output)
    with explaining():
        if journal is not None:
            found = train_from_journal(journal, meta, route, task)
        else:
            found = train_from_outcomes(*_both(data, meta), _separate(models), task)
    if as_json:
        typer.echo(json.dumps(training_json(found, route)))
        return
    for line in training_lines(found, route):
        typer.echo(line)


def _off_policy(
    journal: Path,
    meta: Path | None,
    strategies: list[str],
    parameters: list[str],
    route: str | None,
    seed: int,
) -> dict[str, Any]:
    from wrp_proxy.evaluation.logged import judge_by_log, read_log
    from wrp_proxy.evaluation.strategies import read_parameters

    logged, models = read_log(journal, meta, route)
    written = read_parameters(parameters)
    return judge_by_log(logged, models, _some(strategies), written, seed)


def _show(figures: dict[str, Any], plot: Path | None, *, as_json: bool) -> None:
    from wrp_proxy.evaluation.report import lines_of

    if plot is not None:
        from wrp_proxy.evaluation.picture import draw

        draw(figures, plot)
    if as_json:
        typer.echo(json.dumps(figures))
        return
    for line in lines_of(figures):
        typer.echo(line)


def _some(strategies: list[str] | None) -> list[str]:
    if not strategies:
        raise typer.BadParameter("name at least one", param_hint="--strategy")
    return strategies


def _both(data: Path | None, meta: Path | None) -> tuple[Path, Path]:
    if data is None or meta is None:
        raise typer.BadParameter("give --data and --meta, or --journal")
    return data, meta


def _separate(models: list[str] | None) -> list[str]:
    return [name.strip() for one in models or () for name in one.split(",") if name.strip()]
