"""What all sections of the configuration have in common."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """Frozen, and every unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def under(key: str) -> BeforeValidator:
    """Take a bare value for a mapping with this one key."""
    return BeforeValidator(
        lambda value: value if isinstance(value, dict | BaseModel) else {key: value}
    )


def under_preset(value: object) -> object:
    """Take a bare word for a preset; YAML takes a bare `off` for false."""
    if value is False:
        return {"preset": "off"}
    return {"preset": value} if isinstance(value, str) else value


def is_one_word(text: str) -> bool:
    return text.isprintable() and " " not in text


def _check_key(key: SecretStr) -> SecretStr:
    if not is_one_word(key.get_secret_value()):
        raise ValueError("a key has no spaces, line breaks or control characters")
    return key


ApiKey = Annotated[SecretStr, AfterValidator(_check_key)]
