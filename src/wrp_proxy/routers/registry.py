"""Strategy name -> class; a new strategy is one file and one row here."""

from collections.abc import Callable

from wrp_proxy.routers.balanced import Balanced
from wrp_proxy.routers.base import Router
from wrp_proxy.routers.budgeted import Budgeted
from wrp_proxy.routers.canary import Canary
from wrp_proxy.routers.cascade import Cascade
from wrp_proxy.routers.cheapest import Cheapest
from wrp_proxy.routers.elo import Elo
from wrp_proxy.routers.epsilon_greedy import EpsilonGreedy
from wrp_proxy.routers.fastest import Fastest
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.routers.linucb import LinUcb
from wrp_proxy.routers.nearest import Nearest
from wrp_proxy.routers.pareto import Pareto
from wrp_proxy.routers.pheromone import Pheromone
from wrp_proxy.routers.policy_gradient import PolicyGradient
from wrp_proxy.routers.rules.router import Rules
from wrp_proxy.routers.self_consistency import SelfConsistency
from wrp_proxy.routers.session import Session
from wrp_proxy.routers.shadow import Shadow
from wrp_proxy.routers.strong_share import StrongShare
from wrp_proxy.routers.task_table import TaskTable
from wrp_proxy.routers.thompson import Thompson
from wrp_proxy.routers.weighted import Weighted

ROUTERS: dict[str, Callable[..., Router]] = {
    "balanced": Balanced,
    "budgeted": Budgeted,
    "canary": Canary,
    "cascade": Cascade,
    "cheapest": Cheapest,
    "elo": Elo,
    "epsilon_greedy": EpsilonGreedy,
    "fastest": Fastest,
    "fixed_order": FixedOrder,
    "linucb": LinUcb,
    "nearest": Nearest,
    "pareto": Pareto,
    "pheromone": Pheromone,
    "policy_gradient": PolicyGradient,
    "rules": Rules,
    "self_consistency": SelfConsistency,
    "session": Session,
    "shadow": Shadow,
    "strong_share": StrongShare,
    "task_table": TaskTable,
    "thompson": Thompson,
    "weighted": Weighted,
}
