"""YAML files as models, holding what JSON can hold."""

import re
from pathlib import Path
from typing import Any, TypeVar

import orjson
import yaml
from pydantic import BaseModel, ValidationError

from services.local.home import LocalError

BOOL, TIMESTAMP = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"
MOST_VALUES = 1_000_000
M = TypeVar("M", bound=BaseModel)


class _Loader(yaml.SafeLoader):
    """Takes dates, `on`, `off`, `yes` and `no` for text, as YAML 1.2 does."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in known if tag not in (BOOL, TIMESTAMP)]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(BOOL, re.compile(r"(?:true|false)$", re.IGNORECASE), list("tTfF"))


def load_yaml(text: str | bytes) -> Any:
    """The value of YAML text, dates and words such as `on` left as text; raises yaml.YAMLError."""
    try:
        value = yaml.load(text, _Loader)
        size = _size(value, {})
    except RecursionError:
        raise yaml.YAMLError("it is nested too deeply") from None
    except ValueError as error:  # a number or text that Python does not read
        raise yaml.YAMLError(str(error)) from None
    if size > MOST_VALUES:
        raise yaml.YAMLError(f"its aliases make more than {MOST_VALUES:,} values of it")
    return value


def read_yaml(path: Path, model: type[M], what: str) -> M:
    """The file as a model; raises LocalError with the place of what is wrong. `what` is what it should be."""
    value: Any = None
    try:
        value = load_yaml(path.read_text())
        orjson.dumps(value)
        return model.model_validate(value)
    except OSError as error:
        raise LocalError(f"cannot read {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LocalError(f"{path} is not YAML: {error}") from error
    except TypeError as error:
        raise LocalError(f"{path} holds what JSON cannot: {_said(error, value)}") from error
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
        raise LocalError(f"{path} is not {what}: {found}") from error


def _size(value: Any, known: dict[int, int]) -> int:
    """How many values there are once every alias is written out. What holds itself others refuse."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        known[id(value)] = 0
        inner = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_size(each, known) for each in inner)
    return known[id(value)]


def _said(error: TypeError, value: Any) -> str:
    key = _odd_key(value)
    return f"{error}" if key is None else f'{error}: put quotes around the key, "{key}"'


def _odd_key(value: Any, deep: int = 20) -> Any:
    """The first key that is no text."""
    if not deep:
        return None
    if isinstance(value, dict):
        odd = [key for key in value if not isinstance(key, str)]
        return odd[0] if odd else _first(value.values(), deep)
    return _first(value, deep) if isinstance(value, list) else None


def _first(values: Any, deep: int) -> Any:
    return next((key for each in values if (key := _odd_key(each, deep - 1)) is not None), None)
