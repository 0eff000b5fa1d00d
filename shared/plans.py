"""The plans there are, read once from a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from shared.contracts.plan import Plan

SHIPPED = Path(__file__).with_name("plans.yaml")
PLANS = TypeAdapter(dict[str, Plan])
MOST_BYTES = 100_000

Plans = Mapping[str, Plan]


def load_plans(path: str = "") -> Plans:
    """The plans of a file, or those that come along; by name. Raises ValueError that says what is wrong."""
    file = Path(path) if path else SHIPPED
    try:
        return PLANS.validate_python(_read(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the plans in {file} cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise ValueError(f"the plans in {file} are no YAML: {error}") from None
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        said = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found[:5])
        raise ValueError(f"the plans in {file} do not fit: {said}") from None


def _read(file: Path) -> Any:
    text = file.read_text()
    if len(text) > MOST_BYTES:
        raise ValueError(f"the plans in {file} have more than {MOST_BYTES:,} bytes")
    return yaml.safe_load(text)
