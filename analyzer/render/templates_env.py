"""The Jinja2 environment: autoescape always on, values reach scripts through `tojson` alone."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from analyzer.render.tables import cell_text


@cache
def environment() -> Environment:
    """Return the one environment of all pages and fragments."""
    found = Environment(
        loader=PackageLoader("analyzer.render", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["cell"] = cell_text
    found.filters["percent"] = lambda share: "" if share is None else f"{100 * share:.3g} %"
    found.policies["json.dumps_kwargs"] = {"sort_keys": True, "separators": (",", ":")}
    return found
