"""How a view stands in the schema: its scope, and what it is for in a line."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

from api.authentication import scope_of


class Operation(AutoSchema):
    """The first line of the description is the summary; the scope that is needed stands beside it."""

    def get_summary(self) -> str:
        return (super().get_description() or "").strip().split("\n")[0]

    def get_description(self) -> str:  # type: ignore[override]
        scope = self.scope()
        return super().get_description() + (f"\n\nNeeds the scope `{scope}`." if scope else "")

    def get_extensions(self) -> dict[str, Any]:
        scope = self.scope()
        return {**super().get_extensions(), **({"x-scope": scope} if scope else {})}

    def scope(self) -> str:
        return scope_of(self.view, self.method)
