"""Links of the OpenAPI document: from what has been made to where it is read, changed and removed."""

import re
from typing import Any

MADE = ("201", "202")
ITEM = re.compile(r"/\{(\w+)\}$")


def link(paths: dict[str, dict[str, Any]]) -> None:
    """Add to each answer that something was made how to go on with it, where that lies right below."""
    for path, item in paths.items():
        found = ITEM.search(path)
        post = paths.get(path[: found.start()], {}).get("post") if found else None
        if found is None or post is None:
            continue
        name = found[1]
        above = {each: f"$request.path.{each}" for each in re.findall(r"\{(\w+)\}", path) if each != name}
        own = {name: f"$response.body#/{'id' if name.endswith('_id') else name}"}
        links = {
            operation["operationId"]: {"operationId": operation["operationId"], "parameters": above | own}
            for operation in item.values()
        }
        for status in MADE:
            if status in post["responses"]:
                post["responses"][status]["links"] = links
