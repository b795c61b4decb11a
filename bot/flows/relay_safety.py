"""Muting, blocking and reporting a partner."""

from collections.abc import Sequence
from datetime import timedelta

from bot.accounts.audit import AdminAction, AuditEntry
from bot.accounts.model import User
from bot.accounts.reach import preferred_address
from bot.chat.mirror import PREFIX, shown_name
from bot.chat.model import ReportReason, Thread
from bot.chat.service import Relay
from bot.core.entity import short_id
from bot.flows.gig_card import BOOK_PREFIX, offers
from bot.flows.report_excerpt import excerpt
from bot.flows.runner import StaleButton
from bot.flows.scene import Rows, Scene
from bot.i18n.catalog import texts_in
from bot.messaging.model import Address, Button, MessageKind, Outgoing, Paragraph, Style

_REPORTED_AGAIN_AFTER = timedelta(hours=1)


class RelaySafety:
    """The buttons under "You are writing to ..."."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    def rows(self, scene: Scene, thread: Thread) -> Rows:
        """What can be done about a partner, as things stand."""
        own, short = scene.user.id, short_id(thread.id)
        mute = "unmute" if thread.has_muted(own) else "mute"
        block = "unblock" if thread.has_blocked(own) else "block"
        return [
            self._slots(scene, thread),
            [
                scene.button(f"relay.button.{mute}", f"{PREFIX}:{mute}:{short}"),
                scene.button(f"relay.button.{block}", f"{PREFIX}:{block}:{short}"),
                scene.button("relay.button.report", f"{PREFIX}:report:{short}"),
            ],
        ]

    def _slots(self, scene: Scene, thread: Thread) -> list[Button]:
        """For a student whose teacher has something to book."""
        if scene.user.id != thread.student_id or not offers(scene.work, thread.teacher_id):
            return []
        data = f"{BOOK_PREFIX}:with:{short_id(thread.teacher_id)}"
        return [scene.button("booking.button.slots", data)]

    def press(self, scene: Scene, thread: Thread, action: str, argument: str) -> None:
        """One of the buttons; the thread is the presser's."""
        match action:
            case "mute" | "unmute":
                self._mute(scene, thread, is_muted=action == "mute")
            case "block" | "unblock":
                self._block(scene, thread, is_blocked=action == "block")
            case "report":
                self._report(scene, thread, argument)
            case _:
                raise StaleButton

    def _mute(self, scene: Scene, thread: Thread, *, is_muted: bool) -> None:
        scene.answer_button()
        saved = self._relay.mute(scene.work, thread, scene.user.id, scene.now, is_muted=is_muted)
        self._say(scene, saved, "relay.muted" if is_muted else "relay.unmuted")

    def _block(self, scene: Scene, thread: Thread, *, is_blocked: bool) -> None:
        scene.answer_button()
        saved = self._relay.block(scene.work, thread, scene.user.id, is_blocked=is_blocked)
        self._say(scene, saved, "relay.blocked" if is_blocked else "relay.unblocked")

    def _say(self, scene: Scene, thread: Thread, key: str) -> None:
        name = self._relay.partner_name(scene.work, thread, scene.user)
        scene.show(scene.text(key, name=name), buttons=self.rows(scene, thread))

    def _report(self, scene: Scene, thread: Thread, reason: str) -> None:
        scene.answer_button()
        if not reason:
            short = short_id(thread.id)
            rows = [
                [scene.button(f"relay.reason.{each}", f"{PREFIX}:report:{short}:{each}")]
                for each in ReportReason
            ]
            scene.show(scene.text("relay.report_why"), buttons=rows)
            return
        try:
            wanted = ReportReason(reason)
        except ValueError as error:
            raise StaleButton from error
        readers = _readers(scene, thread)
        if not _was_reported(scene, thread, wanted):
            self._file(scene, thread, wanted)
            _tell(scene, thread, wanted, readers)
        if readers:
            scene.show(scene.text("relay.report_thanks"), buttons=self.rows(scene, thread))
            return
        saved = self._relay.block(scene.work, thread, scene.user.id, is_blocked=True)
        self._say(scene, saved, "relay.report_kept")

    def _file(self, scene: Scene, thread: Thread, reason: ReportReason) -> None:
        self._relay.report(scene.work, thread, scene.user, reason, scene.now)
        scene.work.audit.add(
            AuditEntry(
                actor_id=scene.user.id,
                action=AdminAction.REPORT_PERSON,
                subject_id=thread.partner_of(scene.user.id),
                before=thread.id,
                after=reason,
                at=scene.now,
            )
        )


def _readers(scene: Scene, thread: Thread) -> Sequence[tuple[User, Address]]:
    """The administrators who can be told, and where; none judges themselves."""
    found = [
        (admin, preferred_address(scene.work.identities.of_user(admin.id)))
        for admin in scene.work.users.list_admins()
        if not thread.has(admin.id)
    ]
    return [(admin, to) for admin, to in found if to is not None]


def _tell(
    scene: Scene,
    thread: Thread,
    reason: ReportReason,
    readers: Sequence[tuple[User, Address]],
) -> None:
    """They see the last messages of this thread, and of no other."""
    for admin, to in readers:
        texts = texts_in(admin.ui_language)
        head = texts(
            "relay.report_head",
            reporter=shown_name(scene.user, texts),
            reason=texts(f"relay.reason.{reason}"),
        )
        lines = excerpt(scene.work, thread, texts, scene.now)
        scene.work.outbox.put(
            Outgoing(
                key=f"{scene.incoming.key}:reported:{admin.id}",
                to=to,
                kind=MessageKind.RELAY,
                user_id=admin.id,
                body=(Paragraph(head, Style.STRONG), *lines),
                buttons=((Button(texts("admin.button.open"), "c:admin"),),),
            ),
            at=scene.now,
        )


def _was_reported(scene: Scene, thread: Thread, reason: ReportReason) -> bool:
    """Whether the administrators were told just that, and not long ago."""
    return any(
        each.thread_id == thread.id
        and each.reason is reason
        and scene.now - each.at < _REPORTED_AGAIN_AFTER
        for each in scene.work.chat.reports.of_user(scene.user.id)
    )
