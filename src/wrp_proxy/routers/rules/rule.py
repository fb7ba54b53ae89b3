"""One rule: when it fires, and what it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wrp_proxy.errors import choose
from wrp_proxy.routers.rules.conditions import ALWAYS, Condition
from wrp_proxy.routers.rules.known import NOTHING_KNOWN, Known, Place
from wrp_proxy.routers.rules.reading import Reader
from wrp_proxy.types import Model

OTHERWISE = "otherwise"
"""What stands in place of a rule's name where no rule fires."""
_ACTIONS = ("models", "strategy", "cache", "parameters", "deny")
_KEYS = ("name", "when", "priority", "exclusive", *_ACTIONS)
_UNSETTABLE = ("model", "messages", "stream", "tools")
"""Fields of a request that are what is asked, of whom and how it is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What an operator has written, in order."""

    name: str
    path: str
    """Where it stands in the configuration."""
    when: Condition = ALWAYS
    priority: int = 0
    models: tuple[str, ...] | None = None
    exclusive: bool = True
    """False: the other candidates follow, for fail-over."""
    strategy: object = None
    cache: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    deny: str | None = None

    def among(self, candidates: Sequence[Model]) -> list[Model]:
        """Return the candidates that it names, in its order; all, if it names none."""
        if self.models is None:
            return list(candidates)
        by_name = {model.name: model for model in candidates}
        return [by_name[name] for name in self.models if name in by_name]


def by_priority(rules: Sequence[Rule]) -> list[Rule]:
    """Put rules in the order in which they are tried; equals stay in the order written."""
    return sorted(rules, key=lambda rule: -rule.priority)


class RuleReader(Reader):
    """Reads rules; use what it returns only where it has no problems."""

    def __init__(self, known: Known = NOTHING_KNOWN) -> None:
        super().__init__(known)
        self._known = known
        self._seen: set[str] = set()

    def rules(self, place: Place) -> list[Rule]:
        if not isinstance(place.written, list | tuple):
            self.wrong(place, "is no list", "write rules: [{name: ..., when: {...}, ...}]")
            return []
        return [self._rule(place.item(number, one)) for number, one in enumerate(place.written)]

    def _rule(self, place: Place) -> Rule:
        said = place.written
        if not isinstance(said, Mapping):
            self.wrong(place, "is no rule", "write {name: ..., when: {...}, models: [...]}")
            return Rule(name="", path=place.path)
        for key in said:
            if key not in _KEYS:
                self.wrong(place.key(key, None), "is no key of a rule", choose(key, _KEYS))
        at = {key: place.key(key, said[key]) for key in _KEYS if key in said}
        self._refuse_idle(place, at)
        return Rule(
            name=self._name(at.get("name", place.key("name", None))),
            path=place.path,
            when=self.condition(at["when"]) if "when" in at else ALWAYS,
            priority=self._priority(at["priority"]) if "priority" in at else 0,
            models=self._models(at["models"]) if "models" in at else None,
            exclusive=self._is_exclusive(at["exclusive"]) if "exclusive" in at else True,
            strategy=said.get("strategy"),
            cache=self._cache(at["cache"]) if "cache" in at else None,
            parameters=self._parameters(at["parameters"]) if "parameters" in at else {},
            deny=self._text(at["deny"]) if "deny" in at else None,
        )

    def _refuse_idle(self, place: Place, at: Mapping[str, Place]) -> None:
        """Refuse keys that do nothing beside others."""
        if not at.keys() & set(_ACTIONS):
            remedy = f"add one of {', '.join(_ACTIONS)}"
            self.wrong(place, "does nothing", remedy)
        for key in ("models", "exclusive", "strategy", "cache", "parameters"):
            if "deny" in at and key in at:
                self.wrong(at[key], "does nothing beside deny", "remove one of them")
        models = at["models"].written if "models" in at else None
        if "strategy" in at and isinstance(models, list) and len(models) == 1:
            self.wrong(at["strategy"], "has nothing to choose from one model", "remove it")
        if "exclusive" in at and "models" not in at and "deny" not in at:
            self.wrong(at["exclusive"], "does nothing without models", "remove it, or add models")

    def _name(self, place: Place) -> str:
        name = self._text(place)
        if name == OTHERWISE:
            self.wrong(place, f"'{OTHERWISE}' stands for no rule at all", "choose another name")
        if name in self._seen:
            self.wrong(place, f"'{name}' stands twice", "give each rule its own name")
        self._seen.add(name)
        return name

    def _text(self, place: Place) -> str:
        if isinstance(place.written, str) and place.written.strip():
            return place.written
        self.wrong(place, "is missing" if place.written is None else "is no text", "write a text")
        return ""

    def _priority(self, place: Place) -> int:
        if isinstance(place.written, int) and not isinstance(place.written, bool):
            return place.written
        self.wrong(place, f"{place.written!r} is no whole number", "write one; higher goes first")
        return 0

    def _models(self, place: Place) -> tuple[str, ...]:
        if not isinstance(place.written, list):
            self.wrong(place, "is no list of models", "write models: [...]")
            return ()
        return self.names(place, self._known.models, "is no model of the route")

    def _is_exclusive(self, place: Place) -> bool:
        if not isinstance(place.written, bool):
            self.wrong(place, f"{place.written!r} is no yes or no", "write true or false")
        return place.written is not False

    def _cache(self, place: Place) -> str:
        """YAML takes a bare `off` for false."""
        preset = "off" if place.written is False else self._text(place)
        if preset and self._known.presets is not None and preset not in self._known.presets:
            remedy = choose(preset, sorted(self._known.presets))
            self.wrong(place, f"there is no preset '{preset}'", remedy)
        return preset

    def _parameters(self, place: Place) -> Mapping[str, Any]:
        if not isinstance(place.written, Mapping) or not place.written:
            self.wrong(place, "is no mapping", "write fields of the request: {temperature: 0}")
            return {}
        for name in place.written:
            if not isinstance(name, str) or name in _UNSETTABLE:
                at = place.key(name, None)
                self.wrong(at, "is not for a rule to set", "remove it")
        return {str(name): value for name, value in place.written.items()}
