"""/gig: a teacher's offers, made, changed, shown, rested and removed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.accounts.gigs import Gig, GigStatus
from bot.accounts.teachers import TeacherProfile
from bot.core.entity import long_id, short_id
from bot.flows.gig_card import gig_line, show_gig
from bot.flows.gig_intro import GigIntros
from bot.flows.gig_steps import answers_of_gig, gig_steps, is_tutor, told_of_gig
from bot.flows.gig_watch import announce
from bot.flows.invitations import PREFIX as INVITE_PREFIX
from bot.flows.model import Answers, Flow, Step
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.steps import optional, worded
from bot.flows.teacher_card import TeacherCard
from bot.flows.voice_turn import Parts
from bot.messaging.model import Button, Paragraph, Style

PREFIX = "g"
GIG_FLOW, GIG_EDIT_FLOW = "gig", "gig_edit"
_MOVES: Mapping[str, GigStatus] = {
    "publish": GigStatus.LIVE,
    "pause": GigStatus.PAUSED,
    "delete": GigStatus.DELETED,
}
_FIELDS = tuple(step.name for step in gig_steps())
_MOST_GIGS = 30


class Gigs:
    """The list, one gig's own card for its teacher, and the flows behind them."""

    def __init__(self, runner: Runner, parts: Parts, card: TeacherCard) -> None:
        self._runner = runner
        self._card = card
        self._intros = GigIntros(runner, parts, self._manage)

    def flows(self) -> Sequence[Flow]:
        steps = gig_steps()
        single = tuple(
            optional(replace(step, is_optional=False))[0] if step.is_optional else step
            for step in steps
        )
        return [
            Flow(GIG_FLOW, (*steps, Step(name="summary", is_summary=True)), self._made),
            Flow(GIG_EDIT_FLOW, single, self._changed, shows_progress=False),
            self._intros.flow(),
        ]

    def show(self, scene: Scene, _: str = "") -> Later | None:
        """/gig: the presser's offers; somebody who is no teacher yet becomes one first."""
        profile = scene.work.teachers.find_of_user(scene.user.id)
        if profile is None:
            return self._card.onboarding.begin(scene)
        own = scene.work.gigs.of_user(scene.user.id)
        lines = [f"{_mark(scene, gig)} {gig_line(scene, gig)}" for gig in own]
        rows = [[Button(gig.title, _data("open", gig))] for gig in own]
        if len(own) < _MOST_GIGS:
            rows.append([scene.button("gig.button.add", f"{PREFIX}:add:")])
        rows.append(
            [
                scene.button("invite.button.open", f"{INVITE_PREFIX}:open"),
                scene.button("teach.button.card", f"{PREFIX}:card:"),
            ]
        )
        body = [scene.text("gig.title", Style.STRONG)]
        body.append(Paragraph("\n".join(lines)) if lines else scene.text("gig.none"))
        scene.say(*body, buttons=rows)
        return None

    def press(self, scene: Scene, data: str) -> Later | None:
        """`data` is "<action>:<short gig id>:<field>", about the presser's own gigs."""
        profile = scene.work.teachers.find_of_user(scene.user.id)
        if profile is None:
            raise StaleButton
        action, _, rest = data.partition(":")
        if action == "card":
            scene.answer_button()
            return self._card.show(scene)
        if action == "add":
            return self._add(scene, profile)
        short, _, field = rest.partition(":")
        gig = _own_gig(scene, short)
        if action in _MOVES:
            return self._move(scene, profile, gig, _MOVES[action])
        return self._act(scene, gig, action, field)

    def _act(self, scene: Scene, gig: Gig, action: str, field: str) -> Later | None:
        match action:
            case "open":
                scene.answer_button()
                return self._manage(scene, gig)
            case "preview":
                scene.answer_button()
                scene.say(scene.text("gig.preview"))
                show_gig(scene, gig)
                return None
            case "edit" if field in _fields(scene, gig):
                scene.answer_button()
                answers = {**answers_of_gig(gig), "gig": gig.id}
                return self._runner.start_at(scene, GIG_EDIT_FLOW, field, answers)
            case "intro":
                scene.answer_button()
                return self._intros.record(scene, gig)
            case "nointro":
                scene.answer_button()
                return self._manage(scene, self._intros.remove(scene, gig))
            case "sure":
                scene.answer_button()
                sure = [[scene.button("gig.button.sure", _data("delete", gig))]]
                scene.say(scene.text("gig.sure", title=gig.title), buttons=sure)
                return None
        raise StaleButton

    def _add(self, scene: Scene, profile: TeacherProfile) -> Later | None:
        if len(scene.work.gigs.of_user(scene.user.id)) >= _MOST_GIGS:
            raise StaleButton
        scene.answer_button()
        known = {"gig_currency": profile.rate_currency, "gig_minutes": ["60"]}
        return self._runner.start(scene, GIG_FLOW, known)

    def _move(
        self, scene: Scene, profile: TeacherProfile, gig: Gig, status: GigStatus
    ) -> Later | None:
        if status not in gig.moves:
            raise StaleButton
        moved = gig.moved_to(status, scene.now)
        scene.answer_button()
        if status is GigStatus.DELETED:
            moved = self._intros.remove(scene, moved)
            scene.say(scene.text("gig.deleted", title=moved.title))
            return self.show(scene)
        saved = scene.work.gigs.save(moved)
        if status is GigStatus.LIVE:
            announce(scene.work, saved, profile, scene.now)
            key = "gig.live" if profile.is_verified else "gig.live_once_verified"
            scene.say(scene.text(key))
        else:
            scene.say(scene.text("gig.paused"))
        return self._manage(scene, saved)

    def _made(self, scene: Scene, answers: Answers) -> Later | None:
        fields: dict[str, Any] = dict(told_of_gig(answers))
        gig = Gig(user_id=scene.user.id, created_at=scene.now, **fields)
        scene.work.gigs.add(gig)
        scene.show(scene.text("gig.made"))
        return self._manage(scene, gig)

    def _changed(self, scene: Scene, answers: Answers) -> Later | None:
        gig = scene.work.gigs.get(str(answers["gig"]))
        if gig.user_id != scene.user.id or gig.status is GigStatus.DELETED:
            raise StaleButton
        fields: dict[str, Any] = dict(told_of_gig(answers))
        saved = scene.work.gigs.save(replace(gig, **fields))
        scene.show(scene.text("gig.changed"))
        return self._manage(scene, saved)

    def _manage(self, scene: Scene, gig: Gig) -> Later | None:
        """One gig with everything its teacher can do to it."""
        edits = [
            scene.button(
                "profile.button.edit",
                f"{_data('edit', gig)}:{name}",
                what=scene.texts(f"field.{name}"),
            )
            for name in _fields(scene, gig)
        ]
        rows = [edits[i : i + 2] for i in range(0, len(edits), 2)]
        intro = "replace" if gig.intro_id else "record"
        spoken = [scene.button(f"gig.button.{intro}", _data("intro", gig))]
        if gig.intro_id is not None:
            spoken.append(scene.button("gig.button.no_intro", _data("nointro", gig)))
        moves = [scene.button("gig.button.preview", _data("preview", gig))]
        if GigStatus.LIVE in gig.moves:
            moves.append(scene.button("gig.button.publish", _data("publish", gig)))
        if GigStatus.PAUSED in gig.moves:
            moves.append(scene.button("gig.button.pause", _data("pause", gig)))
        last = [
            scene.button("gig.button.delete", _data("sure", gig)),
            scene.button("gig.button.mine", "c:gig"),
        ]
        scene.say(
            Paragraph(gig.title, Style.STRONG),
            scene.text(f"gig.status.{gig.status}"),
            buttons=[*rows, spoken, moves, last],
        )
        return None


def _fields(scene: Scene, gig: Gig) -> Sequence[str]:
    """What can be changed: what would have been asked."""
    has_language = is_tutor(scene, answers_of_gig(gig))
    return [name for name in _FIELDS if name != "gig_language" or has_language]


def _own_gig(scene: Scene, short: str) -> Gig:
    """The presser's own gig. Raises StaleButton for anybody else's, and a deleted one."""
    try:
        gig = scene.work.gigs.find(long_id(short))
    except ValueError as error:
        raise StaleButton from error
    if gig is None or gig.status is GigStatus.DELETED:
        raise StaleButton
    if gig.user_id != scene.user.id:
        raise StaleButton
    return gig


def _data(action: str, gig: Gig) -> str:
    return f"{PREFIX}:{action}:{short_id(gig.id)}"


def _mark(scene: Scene, gig: Gig) -> str:
    return worded(scene, "gig_status", gig.status)
