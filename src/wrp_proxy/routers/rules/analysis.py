"""Whether rules can do what they say, found out before any request.

A rule is refused when no workload meets its condition, when rules that are tried before it match
whenever it does, when none of its models can ever be able, and when rules deny all that a key may
ask without any of them saying so. The conditions are turned into boxes (`space`), for which this
is decided exactly. That a rule of higher priority passes a request on, because none of its models
is able at the time, does not save the rule behind it: models for fail-over stand in one rule.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wrp_proxy.errors import Problem
from wrp_proxy.routers.rules.atoms import Contains
from wrp_proxy.routers.rules.conditions import atoms, in_words
from wrp_proxy.routers.rules.known import Ability, Known, Place
from wrp_proxy.routers.rules.rule import Rule, RuleReader, by_priority
from wrp_proxy.routers.rules.space import Box, Space, TooLargeError, together
from wrp_proxy.routers.rules.stand_ins import ANOTHER

_FEW = 8
"""Rules among which those are left out that it does not take."""


def check_rules(place: Place, known: Known) -> Iterator[Problem]:
    """Yield what is wrong with rules as written; what can be read only if all of it can."""
    reader = RuleReader(known)
    rules = reader.rules(place)
    if not rules and not reader.problems:
        reader.wrong(place, "has no rule", "add one, or use another strategy")
    yield from reader.problems
    if not reader.problems:
        yield from analyse(rules, known)


def analyse(rules: Sequence[Rule], known: Known) -> Iterator[Problem]:
    """Yield why rules are refused that were read without a problem."""
    space = Space((rule.when for rule in rules), known.categories or ())
    looked_at: list[_Boxed] = []
    for rule in by_priority(rules):
        idle = list(_idle_atoms(rule, space))
        yield from idle
        try:
            boxed = _Boxed(rule, space.boxes(rule.when))
            problem = None if idle else _unreachable(boxed, looked_at, space, known)
        except TooLargeError:
            yield Problem(
                f"{rule.path}.when",
                "combines too many signals to be checked",
                "split it into rules that each have less in `any` and `not`",
            )
            return
        if problem is None:
            looked_at.append(boxed)
        else:
            yield problem
    yield from _keys_without_a_model(looked_at, space)


@dataclass(frozen=True, slots=True)
class _Boxed:
    """A rule with where it matches."""

    rule: Rule
    boxes: Sequence[Box]


def _idle_atoms(rule: Rule, space: Space) -> Iterator[Problem]:
    """Refuse what holds always, or never, by itself."""
    for atom in dict.fromkeys(atoms(rule.when)):
        for wanted, how in ((True, "always"), (False, "never")):
            if space.is_always(atom, wanted=wanted):
                yield Problem(
                    f"{rule.path}.when", f"'{atom.text()}' {how} holds", "correct or remove it"
                )


def _unreachable(
    boxed: _Boxed, before: Sequence[_Boxed], space: Space, known: Known
) -> Problem | None:
    """Say why a rule can never choose a model, or deny; None: it can."""
    rule = boxed.rule
    if not boxed.boxes:
        return Problem(
            f"{rule.path}.when",
            f"contradicts itself: nothing is ever {in_words(rule.when)}",
            "correct it, or write `any` where one of them is enough",
        )
    if hiding := _covering(boxed.boxes, before, space):
        return _hidden(rule, [one.rule for one in hiding])
    missing = _always_missing(boxed, space, known.models or {})
    if missing:
        return Problem(
            f"{rule.path}.models",
            f"are never able where the rule matches: {missing}",
            "name a model that is, or `deny` such requests",
        )
    return None


def _covering(boxes: Sequence[Box], rules: Sequence[_Boxed], space: Space) -> Sequence[_Boxed]:
    """Return rules that match everywhere in boxes: one if that is enough; empty: there are none."""
    for one in rules:
        if space.outside(boxes, one.boxes).box is None:
            return [one]
    needed = _used(boxes, rules, space)
    for one in needed if len(needed) <= _FEW else ():
        if fewer := _used(boxes, [other for other in needed if other is not one], space):
            needed = fewer
    return needed


def _used(boxes: Sequence[Box], rules: Sequence[_Boxed], space: Space) -> Sequence[_Boxed]:
    """Return the rules with which it was shown that rules match everywhere; empty: they do not."""
    taken = [(one, box) for one in rules for box in one.boxes]
    found = space.outside(boxes, [box for _, box in taken])
    if found.box is not None:
        return []
    used = {taken[place][0].rule.name for place in found.used}
    return [one for one in rules if one.rule.name in used]


def _hidden(rule: Rule, hiding: Sequence[Rule]) -> Problem:
    names = ", ".join(f"'{other.name}'" for other in hiding)
    whose = f"of {names}" if len(hiding) == 1 else f"of one of {names}"
    how = "match" if len(hiding) > 1 else "matches"
    return Problem(
        rule.path,
        f"rule '{rule.name}' can never fire: {names}, tried before it, {how} whenever it does",
        f"give it a priority above that {whose}, or remove it; models for fail-over belong into "
        "one rule, in their order",
    )


def _always_missing(boxed: _Boxed, space: Space, models: Mapping[str, Ability]) -> str:
    """Say what every model of a rule lacks wherever it matches; empty: some may be able."""
    reasons: dict[str, None] = {}
    for name in boxed.rule.models or ():
        for box in boxed.boxes:
            lack = _lack(box, space, models.get(name, Ability()), boxed.rule)
            if not lack:
                return ""
            reasons[f"'{name}' {lack}"] = None
    return ", ".join(reasons)


def _lack(box: Box, space: Space, ability: Ability, rule: Rule) -> str:
    """Say what a model lacks everywhere in a box."""
    for atom in atoms(rule.when):
        if isinstance(atom, Contains) and atom.signal == "needs":
            is_needed = space.chosen(box, atom.variable) == [True]
            has = ability.capabilities is None or atom.element in ability.capabilities
            if is_needed and not has:
                return f"lacks {atom.element}"
    tokens = [n for n in space.chosen(box, "input_tokens") if isinstance(n, int)]
    window = ability.context_window
    if tokens and window is not None and min(tokens) > window:
        return f"has a window of {window}"
    return ""


def _keys_without_a_model(rules: Sequence[_Boxed], space: Space) -> Iterator[Problem]:
    """Refuse rules that together deny all that a key may ask, though none says so alone."""
    tenants = space.values("tenant") or (ANOTHER,)
    for tenant in tenants:
        all_of_it = space.with_value("tenant", tenant) if space.values("tenant") else {}
        try:
            denying = _denying(rules, all_of_it, space)
        except TooLargeError:
            continue  # as far as could be seen, it is left with something
        if not denying:
            continue
        is_told = any(_names(one, tenant, space) for one in denying)
        is_promised = any(_names(one, tenant, space) for one in rules if one.rule.deny is None)
        if len(denying) > 1 or (is_promised and not is_told):
            who = "keys that no rule names" if tenant is ANOTHER else f"the key '{tenant}'"
            names = ", ".join(f"'{one.rule.name}'" for one in denying)
            yield Problem(
                denying[-1].rule.path,
                f"leaves {who} without a model: nothing gets past {names}",
                "deny less, or deny it all by one rule that names the key",
            )


def _denying(rules: Sequence[_Boxed], all_of_it: Box, space: Space) -> Sequence[_Boxed]:
    """Return the rules that deny all of a box, none of them needless; empty: a model is left."""
    denying: list[_Boxed] = []
    for one in rules:
        if one.rule.deny is not None:
            denying.append(one)
            continue
        served = [both for box in one.boxes if (both := together(all_of_it, box)) is not None]
        denied = [box for other in denying for box in other.boxes]
        if space.outside(served, denied).box is not None:
            return []
    return _covering([all_of_it], denying, space)


def _names(boxed: _Boxed, tenant: object, space: Space) -> bool:
    """Tell whether a rule is for this key, and not for just anybody."""
    chosen = [space.chosen(box, "tenant") for box in boxed.boxes]
    return any(tenant in keys and ANOTHER not in keys for keys in chosen)
