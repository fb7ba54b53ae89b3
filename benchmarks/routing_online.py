"""Streams that are learnt from: a warm start, a budget, seldom and wrong feedback."""

from dataclasses import replace
from pathlib import Path

from routing_sets import read_set
from wrp_proxy.evaluation.evaluate import Evaluation, Options
from wrp_proxy.evaluation.measuring import Json
from wrp_proxy.routers.registry import ROUTERS

SET = "llmrouter14"
LEARNERS = ("task_table", "linucb", "thompson", "epsilon_greedy")
ORDERS = 5
SHARE_OF_COST = 0.3


def learners() -> list[str]:
    return [strategy for strategy in LEARNERS if strategy in ROUTERS]


def measured_online(folder: Path, strategy: str) -> Json:
    """Return accuracies in the mean of five orders, with a warm start but for `cold`."""
    public = read_set(folder, SET)
    learns = Options(strategies=[strategy], orders=ORDERS, online=True)
    rarely = replace(learns, feedback_rate=0.1)
    taught = Evaluation(public.test, public.train, learns)
    warm = _row(taught, learns)
    budget = _row(taught, replace(learns, budget=SHARE_OF_COST))
    return {
        "offline": _row(taught, replace(learns, online=False))["accuracy"],
        "warm": warm["accuracy"],
        "spread": warm["accuracy_std"],
        "cold": _row(Evaluation(public.test, None, learns), learns)["accuracy"],
        "rare": _row(taught, rarely)["accuracy"],
        "wrong": _row(taught, replace(rarely, judge_error=0.3))["accuracy"],
        "at_budget": budget["accuracy"],
        "spent": budget["budget"]["spent_share"],
    }


def _row(evaluation: Evaluation, options: Options) -> Json:
    (row,) = evaluation.under(options).figures()["strategies"].values()
    figures: Json = row
    return figures
