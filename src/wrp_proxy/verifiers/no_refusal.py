"""Does it answer, or say that it will not?"""

import re

from wrp_proxy.verifiers.base import (
    NOT_APPLICABLE,
    PASSES,
    Answer,
    Question,
    Verdict,
    refused,
)

_MAX_CHARACTERS = 600
"""Longer answers that begin with regret go on to help."""
_BEGINNING = 160
_APOLOGY = re.compile(
    r"(?:(?:i'm|i am|we're) (?:very |so |really )?sorry|sorry|my apologies|apologies|i apologi[sz]e"
    r"|unfortunately|es tut mir (?:sehr )?leid|tut mir leid|leider|entschuldigung"
    r"|(?:je suis )?(?:vraiment )?désolée?|malheureusement|lo siento(?: mucho)?|lamento"
    r"|mi dispiace|purtroppo|desculpe|sinto muito|infelizmente|het spijt me|helaas"
    r"|przykro mi|przepraszam|niestety|извините|простите|к сожалению"
    r"|(?:很|非常)?(?:抱歉|遗憾)|对不起|對不起|申し訳(?:ありません|ございません)|すみません|죄송)"
)
_DOING = (
    r"(?:help|assist|provide|comply|fulfil|answer|do (?:that|this)|create|generate|write|discuss"
    r"|share|engage|support|access|browse|continue|give|complete|process|offer|participate)"
)
_PHRASES = re.compile(
    r"(?:as an? (?:ai|artificial|large language|language model).{0,60}"
    r"(?:can't|cannot|unable|not able)"
    rf"|i (?:can't|cannot|can not|won't|will not|am unable to|am not able to) (?:\w+ )?{_DOING}"
    r"|i'm (?:unable|not able|not allowed|not permitted) to|i (?:must|have to) (?:decline|refuse)"
    r"|i (?:don't|do not) feel comfortable"
    r"|(?:als ki|kann ich|ich kann|ich darf)\b.{0,60}\bnicht\b"
    r"|je ne (?:peux|suis|pourrai)\b.{0,12}\bpas\b"
    r"|(?:no puedo|no podré) (?:ayudar|cumplir|proporcionar|hacer|responder|crear|dar)"
    r"|(?:non posso|non sono in grado)|(?:não posso|não consigo)"
    r"|(?:ik kan|kan ik|ik mag)\b.{0,40}\bniet\b|nie mogę"
    r"|я не могу|не могу помочь|我(?:无法|不能|沒辦法|没办法)"
    r"|お手伝い(?:は)?できません|お答え(?:は)?できません|できかねます|도와드릴 수 없)"
)
_MARKS = str.maketrans({"\u2019": "'", "\u2018": "'", "`": "'"})


class NoRefusal:
    """Look for the usual words at the beginning of short answers, perhaps after an apology.

    What is refused by the means that an API has for that is refused.
    """

    weight = 0.5

    def verify(self, question: Question, answer: Answer, threshold: float | None) -> Verdict:
        if answer.refusal.strip():
            return refused("refused")
        if answer.calls:
            return NOT_APPLICABLE
        return refused("refused in words") if is_refusal(answer.text) else PASSES


def is_refusal(text: str) -> bool:
    words = text.strip()
    if len(words) > _MAX_CHARACTERS:
        return False
    beginning = words[:_BEGINNING].translate(_MARKS).casefold().lstrip("*_\"' ")
    if apology := _APOLOGY.match(beginning):
        return _PHRASES.search(beginning, apology.end()) is not None
    return _PHRASES.match(beginning) is not None
