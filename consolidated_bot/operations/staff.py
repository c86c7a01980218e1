"""Who of the staff may do what, asked before anything else is."""

from __future__ import annotations

from consolidated_bot.core.messages import Scope, Sender
from consolidated_bot.operations.domain import OperationsRefused
from consolidated_bot.published import RANK, RoleOf


def require(scope: Scope, sender: Sender, role: str) -> None:
    """Refuse whoever is below `role`, and everybody outside the operations chat."""
    if not sender.is_operations:
        raise OperationsRefused("operations_only")
    if RANK[scope.ask(RoleOf(sender.user_id, in_operations=True))] < RANK[role]:
        raise OperationsRefused("lead_only" if role == "lead" else "staff_only")
