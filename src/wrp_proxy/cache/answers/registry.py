"""The form of each API's answers."""

from collections.abc import Mapping

from wrp_proxy.cache.answers.as_asked import AsAsked
from wrp_proxy.cache.answers.base import AnswerForm
from wrp_proxy.cache.answers.chat import ChatWords
from wrp_proxy.cache.answers.completions import TextWords
from wrp_proxy.cache.answers.completions_form import CompletionsForm
from wrp_proxy.cache.answers.embeddings import check_embeddings
from wrp_proxy.cache.answers.messages import check_message, check_message_stream
from wrp_proxy.cache.answers.responses import check_response, check_response_stream
from wrp_proxy.types import Api

FORMS: Mapping[Api, AnswerForm] = {
    "chat": CompletionsForm(ChatWords()),
    "completions": CompletionsForm(TextWords()),
    "embeddings": AsAsked(check_embeddings, check_embeddings),
    "messages": AsAsked(check_message, check_message_stream),
    "responses": AsAsked(check_response, check_response_stream),
}
"""No embeddings come as a stream: one is malformed."""
