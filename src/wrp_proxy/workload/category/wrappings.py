"""Instructions that stand around a task and say nothing of its category."""

import random
from collections.abc import Iterator, Sequence

from wrp_proxy.workload.category.prompts import ExamplePrompt

_LAYOUTS = (
    "Question: {}\nAnswer:",
    "Q: {}\nA:",
    "## Question\n\n{}\n\n## Instruction\n\nGive your reasoning, then the answer.",
    "### Task\n{}\n\n### Response",
    "{}\nThink step by step.",
    "Let's think about this carefully.\n{}",
    "{}\n\nAnswer briefly.",
    "{}\nAnswer in one sentence.",
    "Please help me with this:\n\n{}",
    "You are an expert. {}",
    "You are a helpful assistant.\n\n{}",
    "{}\n\nThanks in advance!",
    "{}\nExplain your answer.",
    "{}\n\nGive the final answer on the last line, after 'Answer:'.",
    "{}\nPut the final result in \\boxed{{}}.",
    '{}\n\nReply in this JSON format:\n```json\n{{"reasoning": "...", "answer": "..."}}\n```',
    'Solve this and present your reasoning and the answer as json, e.g. `"answer": "7"`.\n\n{}',
    'Return only a JSON object {{"answer": ...}}.\n{}',
    "{}\nAnswer with the letter of the correct option only.",
    "The following is a question from a test.\n\n{}",
)
_NOT_OF = {"extraction": "json", "translation": "Answer", "summarising": "briefly"}
"""Categories for which such a word in the instruction does say something."""


def wrapped(prompts: Sequence[ExamplePrompt], seed: int = 1) -> Iterator[ExamplePrompt]:
    """Yield each prompt once more, within an instruction drawn at random."""
    draw = random.Random(seed)  # noqa: S311 - reproducible, not secret
    for prompt in prompts:
        word = _NOT_OF.get(prompt.category)
        layouts = [one for one in _LAYOUTS if word is None or word.lower() not in one.lower()]
        yield ExamplePrompt(
            draw.choice(layouts).format(prompt.text), prompt.category, prompt.language
        )
