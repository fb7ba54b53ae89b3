"""In which language the user writes: by its script, else by its common words and letters."""

import re
from collections import Counter
from collections.abc import Mapping

from wrp_proxy.signals import UNKNOWN, Signal
from wrp_proxy.workload.base import Findings
from wrp_proxy.workload.language_words import letters_of_languages, words_of_languages
from wrp_proxy.workload.prompt import Prompt
from wrp_proxy.workload.scripts import letters_by_script

_SAMPLE_CHARS = 320
_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_QUOTED = re.compile(r"\"[^\"\n]{12,}\"|“[^”\n]{12,}”|«[^»\n]{12,}»|「[^」\n]{12,}」|„[^“\n]{12,}“")
"""What is to be translated or looked at is often in another language."""
_WORD = re.compile(r"[^\W\d_]+")
_LANGUAGE_OF_SCRIPT = {
    "greek": "el",
    "armenian": "hy",
    "hebrew": "he",
    "devanagari": "hi",
    "bengali": "bn",
    "gurmukhi": "pa",
    "gujarati": "gu",
    "tamil": "ta",
    "telugu": "te",
    "kannada": "kn",
    "malayalam": "ml",
    "thai": "th",
    "georgian": "ka",
    "hangul": "ko",
    "ethiopic": "am",
    "khmer": "km",
    "han": "zh",
    "kana": "ja",
}
_OF_PERSIAN = "پچژگکی"
_OF_URDU = "ٹڈڑںےھ"
_KANA_SHARE = 0.1
"""Japanese mixes two scripts: so little of kana among Chinese characters gives it away."""
_LEAST_SCORE = 0.9
_LEAST_LEAD = 1.25
_LEAST_SHARE = 0.14
"""Of the words; programs have fewer common ones."""
_LETTER_WEIGHT = 0.4
"""Of a word of one letter, which may be a variable."""
_LEAST_CHARS = 16
_BY_WORDS = {"latin", "cyrillic"}
_CYRILLIC_PRIOR = {"ru": 0.9}
"""Most of what is written so, where nothing speaks for another language."""


class Language:
    """Look at the beginning of the user's last turn, without blocks of code."""

    signal: Signal = "language"
    budget_s = 0.002

    def __init__(self) -> None:
        self._words = words_of_languages()
        self._letters = letters_of_languages()

    def read(self, prompt: Prompt, known: Findings) -> Findings:
        return Findings(language=self.tell(prompt.asked))

    def tell(self, text: str) -> str:
        """Return two letters of ISO 639-1, or `unknown` where it is not plain."""
        sample = _sample(text)
        if sample.isascii():
            return self._by_words(sample, Counter(), {})
        counts = Counter(sample.lower())
        scripts = letters_by_script(counts)
        if not scripts:
            return UNKNOWN
        script = max(scripts, key=scripts.__getitem__)
        if script in _BY_WORDS:
            prior = _CYRILLIC_PRIOR if script == "cyrillic" else {}
            return self._by_words(sample, counts, prior)
        return _by_script(script, scripts, counts)

    def _by_words(self, sample: str, letters: Counter[str], prior: Mapping[str, float]) -> str:
        """Let each common word speak for the languages that have it, and rare letters, too."""
        words = _WORD.findall(sample.lower())
        scores, common = dict(prior), len(prior)
        for word in words:
            if languages := self._words.get(word):
                common += 1
                weight = (_LETTER_WEIGHT if len(word) == 1 else 1) / len(languages)
                for language in languages:
                    scores[language] = scores.get(language, 0.0) + weight
        for letter in letters.keys() & self._letters.keys():
            languages = self._letters[letter]
            for language in languages:
                scores[language] = scores.get(language, 0.0) + 1 / len(languages)
        if not scores or (common < _LEAST_SHARE * len(words) and not letters):
            return UNKNOWN
        return _plain_winner(scores)


def _sample(text: str) -> str:
    """Leave out code and quotations, unless there is little else."""
    beginning = text[: 3 * _SAMPLE_CHARS]
    own = _FENCED.sub(" ", beginning)
    if len(said := _QUOTED.sub(" ", own)) >= _LEAST_CHARS:
        own = said
    return own[:_SAMPLE_CHARS]


def _plain_winner(scores: dict[str, float]) -> str:
    best, *others = sorted(scores, key=scores.__getitem__, reverse=True)
    second = scores[others[0]] if others else 0.0
    is_plain = scores[best] >= _LEAST_SCORE and scores[best] >= _LEAST_LEAD * second
    return best if is_plain else UNKNOWN


def _by_script(script: str, scripts: dict[str, int], counts: Counter[str]) -> str:
    if script == "arabic":
        if any(letter in counts for letter in _OF_URDU):
            return "ur"
        return "fa" if any(letter in counts for letter in _OF_PERSIAN) else "ar"
    if script == "han" and scripts.get("kana", 0) >= _KANA_SHARE * scripts["han"]:
        return "ja"
    return _LANGUAGE_OF_SCRIPT[script]
