"""The ten points of the minimal correct set (SLO.md section 6), with a fake clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.slo.alerts import (
    AlertingPolicy,
    Answer,
    Board,
    Decision,
    Edit,
    Fingerprint,
    Heartbeat,
    Ladder,
    Level,
    NoticeKind,
    Reply,
    Send,
    SendBySecondChannel,
    Signal,
    SignalKind,
    State,
    Step,
    Transition,
    WindowCounts,
    Withdraw,
    acknowledge,
    confirm,
    delivered,
    escalate,
    failed,
    from_json,
    heartbeat_missing,
    live_message_gone,
    silence,
    tick,
    to_json,
    unacknowledge,
    unsilence,
)
from analyzer.slo.alerts.draft import ALLOWED
from analyzer.slo.alerts.figures import (
    incident_figures,
    mean_time_to_acknowledge,
    mean_time_to_resolve,
)

POLICY = AlertingPolicy(
    {
        "page": Ladder(
            (
                Level("L1", ("oncall",), frozenset({"ann"}), 300),
                Level("L2", ("lead",), frozenset({"bob"}), 300),
                Level("L3", ("owner",), frozenset({"cyd"}), 600),
            )
        ),
        "ticket": Ladder((Level("team", ("team-chat",), frozenset({"ann"}), 0),)),
    }
)
QUICK = Fingerprint("slo", "support", "page-quick")
SLOW = Fingerprint("slo", "support", "page-slow")
TICKET = Fingerprint("slo", "support", "ticket")


def signal(
    fingerprint: Fingerprint = QUICK,
    *,
    on: bool = True,
    severity: str = "page",
    kind: SignalKind = SignalKind.BURN,
    keep: float = 0,
    after: float = 0,
    text: str = "burns",
) -> Signal:
    counts = WindowCounts(6, 600, 2, 100)
    return Signal(fingerprint, severity, on, text, kind, keep, after, counts)


@dataclass
class Desk:
    """A fake world: a clock, a transport that delivers at once, and everything that happened."""

    policy: AlertingPolicy = POLICY
    board: Board = field(default_factory=Board)
    now_s: float = 0
    delivers: bool = True
    sent: list[Send] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    audit: list[Transition] = field(default_factory=list)

    def at(self, now_s: float, *signals: Signal) -> list[Send]:
        """Tick; what was sent as new messages."""
        self.now_s = now_s
        return self.take(tick(self.board, signals, now_s, self.policy))

    def take(self, step: Step) -> list[Send]:
        self.board = step.board
        self.decisions += step.decisions
        self.audit += step.audit
        sends = [d for d in step.decisions if isinstance(d, Send)]
        self.sent += sends
        for send in sends if self.delivers else ():
            self.take(delivered(self.board, send.notice.id, self.now_s, self.policy))
        return sends

    def reply(self, reply: Reply) -> Answer:
        self.take(reply.step)
        return reply.answer

    def ack(self, person: str = "ann", incident: int | None = None) -> Reply:
        reply = acknowledge(
            self.board, incident or self.incident.id, person, self.now_s, self.policy
        )
        self.take(reply.step)
        return reply

    @property
    def incident(self):  # type: ignore[no-untyped-def]
        (incident,) = self.board.incidents
        return incident


def kinds(sends: Iterable[Send]) -> list[NoticeKind]:
    return [send.notice.kind for send in sends]


def recipients(sends: Iterable[Send]) -> list[str]:
    return [r for send in sends for r in send.notice.recipients]


# 1. fingerprint, one incident, inhibition


def test_one_incident_holds_all_pairs_of_an_slo_and_context() -> None:
    desk = Desk()
    desk.at(0, signal())
    desk.at(15, signal(), signal(SLOW))
    assert len(desk.board.incidents) == 1
    assert {a.fingerprint for a in desk.board.alerts} == {QUICK, SLOW}


def test_page_hides_the_ticket_of_the_same_objective() -> None:
    desk = Desk()
    (send,) = desk.at(0, signal(), signal(TICKET, severity="ticket", text="slow leak"))
    assert "slow leak" not in send.notice.text
    assert recipients([send]) == ["oncall"]
    (send,) = desk.at(15, signal(TICKET, severity="ticket", text="slow leak"))
    assert (recipients([send]), send.notice.severity) == (["team-chat"], "ticket")


def test_other_contexts_are_incidents_of_their_own() -> None:
    desk = Desk()
    other = Fingerprint("slo", "account", "page-quick")
    assert len(desk.at(0, signal(), signal(other))) == 2
    assert len(desk.board.incidents) == 2


def no_data(context: str = "support", *, on: bool = True) -> Signal:
    fingerprint = Fingerprint("sli", context, "no-data")
    return signal(fingerprint, on=on, kind=SignalKind.NO_DATA, text="no data")


def test_no_data_mutes_burn_alerts_of_its_context_alone() -> None:
    desk = Desk()
    other = Fingerprint("slo", "account", "page-quick")
    sends = desk.at(0, no_data(), signal(), signal(other))
    assert sorted(s.notice.text.split(": ")[1].split("\n")[0] for s in sends) == [
        "sli (support)",
        "slo (account)",
    ]


def test_no_data_never_resolves_what_was_burning() -> None:
    desk = Desk()
    desk.at(0, signal())
    desk.at(15, no_data(), signal(on=False))
    assert NoticeKind.RESOLVED not in kinds(desk.sent)
    sends = desk.at(30, no_data(on=False), signal(on=False))
    assert kinds(sends) == [NoticeKind.RESOLVED, NoticeKind.RESOLVED]


def test_bot_down_mutes_every_context() -> None:
    desk = Desk()
    down = signal(Fingerprint("bot", "*", "down"), kind=SignalKind.DOWN, text="bot is down")
    other = Fingerprint("slo", "account", "page-quick")
    (send,) = desk.at(0, down, no_data(), signal(), signal(other))
    assert "bot is down" in send.notice.text


# 2. transitions and the flap window


def test_life_of_an_incident_is_written_state_by_state() -> None:
    desk = Desk()
    desk.at(0, signal())
    desk.ack()
    desk.at(30, signal(on=False))
    moves = [(t.before, t.after) for t in desk.audit if t.before != t.after]
    assert moves == [
        (State.INACTIVE, State.PENDING),
        (State.PENDING, State.FIRING),
        (State.FIRING, State.ACKED),
        (State.ACKED, State.RESOLVED),
    ]


def test_condition_must_hold_for_alert_after() -> None:
    desk = Desk()
    assert not desk.at(0, signal(after=60))
    assert not desk.at(45, signal(after=60))
    assert kinds(desk.at(60, signal(after=60))) == [NoticeKind.OPENED]


def test_pending_that_ends_is_told_to_nobody() -> None:
    desk = Desk()
    desk.at(0, signal(after=60))
    desk.at(30, signal(on=False, after=60))
    assert not desk.sent
    assert not desk.board.incidents


@pytest.mark.parametrize(("again_s", "same"), [(700, True), (701, False)])
def test_fire_again_within_the_flap_window_reopens_the_incident(
    again_s: float, *, same: bool
) -> None:
    desk = Desk()
    desk.at(0, signal())
    first = desk.incident.id
    desk.at(100, signal(on=False))
    (send,) = desk.at(again_s, signal())
    assert (desk.board.incidents[-1].id == first) is same
    assert send.notice.kind is (NoticeKind.REOPENED if same else NoticeKind.OPENED)


# 3. first notice, repeat, edits


def test_first_notice_goes_out_at_once_and_the_same_set_stays_quiet() -> None:
    desk = Desk()
    assert kinds(desk.at(0, signal())) == [NoticeKind.OPENED]
    desk.ack()
    assert [desk.at(t, signal()) for t in range(15, 600, 15)] == [[]] * 39


def test_same_firing_set_repeats_only_after_the_interval() -> None:
    policy = replace(POLICY, ladders={"page": Ladder(POLICY.ladders["page"].levels[:1])})
    desk = Desk(policy)
    times = [t for t in range(0, 2000, 15) if desk.at(t, signal())]
    assert times == [0, 900, 1800]


def test_alert_that_was_not_in_the_last_message_is_sent() -> None:
    desk = Desk()
    desk.at(0, signal())
    (send,) = desk.at(15, signal(), signal(SLOW, text="slow pair too"))
    assert send.notice.kind is NoticeKind.CHANGED
    assert "slow pair too" in send.notice.text
    assert not desk.at(30, signal(), signal(SLOW, text="slow pair too"))


def test_live_message_is_edited_with_new_figures_at_most_every_ten_seconds() -> None:
    desk = Desk()
    for second in range(60):
        desk.at(second, signal(text=f"{second} bad"))
    edits = [d for d in desk.decisions if isinstance(d, Edit)]
    assert [e.text.split()[-2] for e in edits] == ["10", "20", "30", "40", "50"]
    assert len(desk.sent) == 1


def test_equal_text_is_not_edited_again() -> None:
    desk = Desk()
    for second in range(0, 120, 15):
        desk.at(second, signal())
    assert not [d for d in desk.decisions if isinstance(d, Edit)]


def test_live_message_that_is_gone_becomes_a_new_one() -> None:
    desk = Desk()
    desk.at(0, signal())
    (send,) = desk.take(live_message_gone(desk.board, desk.incident.id, 20, POLICY))
    assert (send.notice.kind, send.notice.recipients) == (NoticeKind.RENEWED, ("oncall",))


# 4. resolved once, and to whom


def test_resolved_is_said_once_to_those_who_were_told() -> None:
    desk = Desk()
    desk.at(0, signal())
    desk.at(300, signal())  # L2 is told as well
    (send,) = desk.at(315, signal(on=False))
    assert send.notice.kind is NoticeKind.RESOLVED
    assert set(send.notice.recipients) == {"lead", "oncall"}
    assert not any(desk.at(t, signal(on=False)) for t in range(330, 2000, 15))


def test_nobody_told_means_no_all_clear_and_a_page_under_way_is_withdrawn() -> None:
    desk = Desk(delivers=False)
    (send,) = desk.at(0, signal())
    assert not desk.at(15, signal(on=False))
    assert Withdraw(send.notice.id) in desk.decisions


def test_page_that_arrives_after_the_end_is_followed_by_its_all_clear() -> None:
    desk = Desk(delivers=False)
    (page,) = desk.at(0, signal())
    desk.at(15, signal(on=False))
    (send,) = desk.take(delivered(desk.board, page.notice.id, 16, POLICY))
    assert (send.notice.kind, send.notice.recipients) == (NoticeKind.RESOLVED, ("oncall",))
    assert not desk.take(delivered(desk.board, page.notice.id, 17, POLICY))


def test_keep_firing_holds_the_incident_over_short_recoveries() -> None:
    desk = Desk()
    for t in range(0, 1200, 15):
        desk.at(t, signal(on=t % 300 < 60, keep=600))
    assert kinds(desk.sent).count(NoticeKind.RESOLVED) == 0
    assert kinds(desk.sent).count(NoticeKind.OPENED) == 1


# 5. acknowledgement


def test_only_listed_persons_acknowledge() -> None:
    desk = Desk()
    desk.at(0, signal())
    assert desk.ack("eve").answer is Answer.NOT_LISTED
    assert desk.incident.state is State.FIRING


def test_second_presser_learns_who_and_when() -> None:
    desk = Desk()
    desk.at(10, signal())
    desk.ack("ann")
    before = desk.board
    desk.now_s = 60
    reply = desk.ack("bob")
    assert (reply.answer, reply.by, reply.at_s) == (Answer.ALREADY, "ann", 10)
    assert desk.board == before


def test_ack_stops_repeats_and_escalation_but_not_the_all_clear() -> None:
    desk = Desk()
    desk.at(0, signal())
    desk.ack()
    assert not any(desk.at(t, signal()) for t in range(15, 900, 15))
    assert kinds(desk.at(899, signal(on=False))) == [NoticeKind.RESOLVED]


def test_higher_severity_overrides_the_ack() -> None:
    desk = Desk()
    desk.at(0, signal(TICKET, severity="ticket"))
    desk.ack()
    (send,) = desk.at(15, signal(TICKET, severity="ticket"), signal())
    assert (send.notice.kind, send.notice.recipients) == (NoticeKind.RAISED, ("oncall",))
    assert desk.incident.state is State.FIRING


def test_ack_expires_unless_confirmed() -> None:
    desk = Desk()
    desk.at(0, signal())
    desk.ack()
    desk.now_s = 600
    answer = desk.reply(confirm(desk.board, desk.incident.id, "ann", 600, POLICY))
    assert answer is Answer.DONE
    assert not desk.at(1499, signal())
    (send,) = desk.at(1500, signal())
    assert (send.notice.kind, send.notice.recipients) == (NoticeKind.UNACKED, ("lead",))


@pytest.mark.parametrize(("incident", "answer"), [(1, Answer.RESOLVED), (99, Answer.UNKNOWN)])
def test_late_press_gets_an_answer_and_changes_nothing(incident: int, answer: Answer) -> None:
    desk = Desk()
    desk.at(0, signal())
    desk.at(15, signal(on=False))
    before = desk.board
    assert desk.ack("ann", incident).answer is answer
    assert desk.board == before


# 6. escalation


def test_levels_follow_each_other_counted_from_delivery() -> None:
    desk = Desk(delivers=False)
    (send,) = desk.at(0, signal())
    assert not desk.at(1000, signal(text="late"))[:0]
    desk.take(delivered(desk.board, send.notice.id, 1000, POLICY))
    told = [(t, r) for t in range(1010, 1400, 10) for r in recipients(desk.at(t, signal()))]
    assert (1300, "lead") in told
    assert all(r != "lead" for t, r in told if t < 1300)


def test_after_five_rounds_the_incident_stands_unanswered() -> None:
    desk = Desk()
    for t in range(0, 12_000, 15):
        desk.at(t, signal())
    rounds = [s for s in desk.sent if s.notice.kind is NoticeKind.ESCALATED]
    assert len(rounds) == 5 * 3 - 1  # the first rung of the first round was the opening
    assert desk.incident.unanswered
    desk.ack()
    assert not desk.incident.unanswered


def test_unack_goes_on_at_the_level_after_the_ackers() -> None:
    desk = Desk()
    desk.at(0, signal())
    desk.ack("bob")
    reply = unacknowledge(desk.board, desk.incident.id, "bob", 60, POLICY)
    (send,) = desk.take(reply.step)
    assert (send.notice.kind, send.notice.recipients) == (NoticeKind.UNACKED, ("owner",))


def test_escalation_by_hand_calls_the_next_level_at_once() -> None:
    desk = Desk()
    desk.at(0, signal())
    desk.ack("ann")
    reply = escalate(desk.board, desk.incident.id, "ann", 30, POLICY)
    (send,) = desk.take(reply.step)
    assert send.notice.recipients == ("lead",)
    assert desk.incident.state is State.ACKED


# 7. sent is not delivered


def test_failed_notice_is_sent_again_after_retry_after_and_then_by_the_second_channel() -> None:
    desk = Desk(delivers=False)
    (send,) = desk.at(0, signal())
    (again,) = desk.take(failed(desk.board, send.notice.id, 1, POLICY, retry_after_s=30))
    assert again.not_before_s == 31
    assert again.notice.id == send.notice.id
    desk.take(failed(desk.board, send.notice.id, 31, POLICY))
    assert not [d for d in desk.decisions if isinstance(d, SendBySecondChannel)]
    desk.take(failed(desk.board, send.notice.id, 50, POLICY))
    assert [d.notice.id for d in desk.decisions if isinstance(d, SendBySecondChannel)] == [
        send.notice.id
    ]


def test_retries_wait_longer_each_time() -> None:
    desk = Desk(delivers=False)
    (send,) = desk.at(0, signal())
    waits = []
    for _ in range(4):
        (again,) = desk.take(failed(desk.board, send.notice.id, 0, POLICY))
        waits.append(again.not_before_s)
    assert waits == [5, 10, 20, 40]


# 8. restart


def test_restart_sends_no_second_page_and_takes_an_overdue_step_once() -> None:
    desk = Desk()
    desk.at(0, signal())
    desk.board = from_json(to_json(desk.board))
    assert not desk.at(15, signal())
    desk.board = from_json(to_json(desk.board))
    assert recipients(desk.at(5000, signal()))[:1] == ["lead"]
    assert not [s for s in desk.at(5001, signal()) if s.notice.kind is NoticeKind.ESCALATED]


def test_stored_board_is_the_same_board() -> None:
    desk = Desk(delivers=False)
    desk.at(0, signal(), signal(SLOW), no_data("account"))
    desk.ack(incident=desk.board.incidents[0].id)
    board = silence(desk.board, "slo", "*", owner="ann", reason="deploy", until_s=100)
    assert from_json(to_json(board)) == board
    assert to_json(from_json(to_json(board))) == to_json(board)


# 9. dead man


def test_heartbeat_comes_every_minute_and_its_silence_is_noticed() -> None:
    desk = Desk()
    for t in range(0, 600, 15):
        desk.at(t)
    beats = [d.at_s for d in desk.decisions if isinstance(d, Heartbeat)]
    assert beats == list(range(0, 600, 60))
    assert not heartbeat_missing(540, 600, POLICY)
    assert heartbeat_missing(540, 700, POLICY)


# 10. audit and figures


def test_figures_of_incidents_come_from_the_audit_log() -> None:
    desk = Desk()
    desk.at(0, signal())
    desk.now_s = 60
    desk.ack()
    desk.at(300, signal(on=False))
    (figures,) = incident_figures(desk.audit)
    assert (figures.acknowledged_after_s, figures.resolved_after_s) == (60, 300)
    assert figures.bad_events == 6
    assert mean_time_to_acknowledge([figures]) == 60
    assert mean_time_to_resolve([figures]) == 300
    assert mean_time_to_resolve([]) is None


def test_audit_says_who_and_on_which_counts() -> None:
    desk = Desk()
    desk.at(0, signal())
    desk.ack()
    acked = desk.audit[-1]
    assert (acked.who, acked.counts) == ("ann", WindowCounts(6, 600, 2, 100))


# silence


def test_silence_holds_messages_back_and_its_end_lets_them_out() -> None:
    desk = Desk()
    desk.board = silence(desk.board, "slo", "*", owner="ann", reason="deploy", until_s=100)
    assert not desk.at(0, signal())
    assert not desk.at(99, signal())
    assert kinds(desk.at(100, signal())) == [NoticeKind.OPENED]
    assert not desk.board.silences


def test_silence_can_be_lifted_and_needs_a_reason() -> None:
    desk = Desk()
    desk.board = silence(desk.board, "*", "support", owner="ann", reason="x", until_s=9e9)
    desk.at(0, signal())
    desk.board = unsilence(desk.board, desk.board.silences[0].id)
    assert kinds(desk.at(15, signal())) == [NoticeKind.OPENED]
    with pytest.raises(ValueError, match="needs a reason"):
        silence(desk.board, "*", "*", owner="ann", reason=" ", until_s=1)


def test_silenced_incident_still_gets_its_all_clear() -> None:
    desk = Desk()
    desk.at(0, signal())
    desk.board = silence(desk.board, "slo", "*", owner="ann", reason="deploy", until_s=9e9)
    assert not desk.at(1000, signal())
    assert kinds(desk.at(1015, signal(on=False))) == [NoticeKind.RESOLVED]


# laws over any course of events

events = st.lists(
    st.tuples(
        st.sampled_from(["tick", "ack", "unack", "confirm", "escalate", "fail"]),
        st.sets(st.sampled_from([QUICK, SLOW, TICKET, Fingerprint("sli", "support", "no-data")])),
        st.integers(1, 1000),
        st.booleans(),
    ),
    max_size=40,
)


@given(events)
def test_laws_hold_whatever_happens(course: list[tuple[str, set[Fingerprint], int, bool]]) -> None:
    desk = Desk()
    for action, on, passed, delivers in course:
        desk.now_s += passed
        desk.delivers = delivers
        _do(desk, action, on)
        desk.board = from_json(to_json(desk.board))
        open_keys = [(i.slo, i.context) for i in desk.board.incidents if i.open]
        assert len(open_keys) == len(set(open_keys))
    moves = {(t.before, t.after) for t in desk.audit if t.before != t.after}
    assert moves <= ALLOWED
    _assert_resolved_follows_a_message(desk)


def _do(desk: Desk, action: str, on: set[Fingerprint]) -> None:
    ids = [i.id for i in desk.board.incidents] or [1]
    act = {"ack": acknowledge, "unack": unacknowledge, "confirm": confirm, "escalate": escalate}
    if action in act:
        desk.reply(act[action](desk.board, ids[-1], "ann", desk.now_s, POLICY))
    elif action == "fail":
        for notice in desk.board.notices:
            desk.take(failed(desk.board, notice.id, desk.now_s, POLICY))
    else:
        pairs = (QUICK, SLOW, TICKET)
        signals = [
            signal(f, on=f in on, severity="ticket" if f is TICKET else "page") for f in pairs
        ]
        blackout = Fingerprint("sli", "support", "no-data") in on
        desk.at(desk.now_s, *signals, no_data(on=blackout))


def _assert_resolved_follows_a_message(desk: Desk) -> None:
    """Nobody hears 'resolved' twice in a row, nor without having been told before."""
    firing: dict[tuple[int, str], bool] = {}
    for send in desk.sent:
        for recipient in send.notice.recipients:
            key = send.notice.incident, recipient
            if send.notice.kind is NoticeKind.RESOLVED and send.notice.attempts == 0:
                assert firing.get(key), send
                firing[key] = False
            elif send.notice.kind is not NoticeKind.RESOLVED:
                firing[key] = True
