"""The alerting policy that the runbook and the roles of people make."""

from __future__ import annotations

from analyzer.slo.alerts import AlertingPolicy, Fingerprint, Ladder, Level, Signal, SignalKind
from analyzer.slo.alerts import heartbeat_missing as missing
from analyzer.slo.alerts.signals import DOWN_PAIR
from analyzer.slo.windows import PAGE, TICKET
from consolidated_bot.operations.domain import EscalationProtocol

SELF = ("bot-heartbeat", "platform")
"""The (slo, context) of the incident that says the bot itself was down."""


def policy_of(
    protocol: EscalationProtocol, person: str | None = None, role: str | None = None
) -> AlertingPolicy:
    """The policy; `person` (of `role`) is listed wherever the protocol calls that role.

    A page climbs all levels, a ticket is told to the first alone. Whoever is at least an agent may
    acknowledge, also where no level calls their role.
    """
    levels = tuple(
        Level(
            rung.name,
            (rung.name,),
            frozenset({person} if person is not None and role in rung.roles else ()),
            rung.delay_s,
        )
        for rung in protocol.rungs
    )
    return AlertingPolicy(
        {PAGE: Ladder(levels), TICKET: Ladder(levels[:1])},
        repeat_interval_s=protocol.repeat_s,
        ack_expiry_s=protocol.acknowledgement_s,
        max_rounds=protocol.rounds,
        responders=frozenset({person} if person is not None and role is not None else ()),
    )


def down_signal(last_beat_s: float | None, now_s: float, policy: AlertingPolicy) -> Signal:
    """Whether the bot's own heartbeat has stopped for a while: it was dead, or stood still.

    The living bot can tell only afterwards; while it is dead, the second channel's silence does.
    """
    absent = last_beat_s is not None and missing(last_beat_s, now_s, policy)
    minutes = (now_s - (last_beat_s or now_s)) / 60
    return Signal(
        Fingerprint(*SELF, DOWN_PAIR),
        PAGE,
        absent,
        f"the bot was down for {minutes:.0f} min; it runs again and works off what waited",
        SignalKind.DOWN,
    )
