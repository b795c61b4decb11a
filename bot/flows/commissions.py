"""A teacher's own commission: an administrator finds the teacher, and sets or clears it."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.accounts.audit import AdminAction, AuditEntry
from bot.accounts.model import Role, User
from bot.accounts.teachers import TeacherProfile
from bot.billing.parties import own_commission, party_of
from bot.billing.rules import BillingRules
from bot.core.entity import long_id, short_id
from bot.flows.model import Answers, Flow, InvalidAnswer, Option, Step
from bot.flows.ports import FlowWork
from bot.flows.prompts import as_list
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.steps import text
from bot.flows.teacher_words import fact_lines, named
from bot.flows.telling import tell
from bot.i18n.formats import percent
from bot.messaging.model import Paragraph, Style

COMMISSION_FLOW = "commission"
_NAME, _WHICH, _SHARE = "share_of", "share_whom", "share"
_PERCENT = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))?\s*%?")
_ALL_BP = 100_00


class Commissions:
    """Who is meant, then how much; `rules` say what is usual."""

    def __init__(self, runner: Runner, rules: BillingRules) -> None:
        self._runner = runner
        self._rules = rules

    def flows(self) -> Sequence[Flow]:
        steps = (_name_step(), _which_step(), self._share_step())
        return [Flow(COMMISSION_FLOW, steps, self._set, shows_progress=False)]

    def begin(self, scene: Scene) -> Later | None:
        """Raises StaleButton for anybody but an administrator."""
        _check_admin(scene)
        scene.answer_button()
        return self._runner.start(scene, COMMISSION_FLOW)

    def _share_step(self) -> Step:
        def params(scene: Scene, answers: Answers) -> dict[str, object]:
            profile = _chosen(scene, answers)
            language = scene.texts.language
            own = own_commission(scene.work.billing.parties.of_user(profile.user_id))
            usual = self._rules.commission_bp
            return {
                "current": percent(usual if own is None else own, language),
                "usual": percent(usual, language),
            }

        def about(scene: Scene, answers: Answers) -> Sequence[Paragraph]:
            profile = _chosen(scene, answers)
            person = scene.work.users.get(profile.user_id)
            return [
                Paragraph(named(person, profile), Style.STRONG),
                fact_lines(scene.texts, profile),
            ]

        return text(
            _SHARE,
            _parse_percent,
            params=params,
            before=about,
            is_optional=True,
            skip_label="commission.button.usual",
        )

    def _set(self, scene: Scene, answers: Answers) -> Later | None:
        _check_admin(scene)
        profile, given = _chosen(scene, answers), answers[_SHARE]
        work, share = scene.work, None if given is None else int(str(given))
        party_of(work, profile.user_id, scene.now)
        parties = work.billing.parties.of_user(profile.user_id)
        before = own_commission(parties)
        for party in parties:
            work.billing.parties.save(replace(party, commission_bp=share))
        work.audit.add(
            AuditEntry(
                actor_id=scene.user.id,
                action=AdminAction.SET_COMMISSION,
                subject_id=profile.user_id,
                before=_state(before),
                after=_state(share),
                at=scene.now,
            )
        )
        teacher = work.users.get(profile.user_id)
        shown = self._rules.commission_bp if share is None else share
        if share != before:
            self._tell_teacher(scene, teacher, shown)
        amount = percent(shown, scene.texts.language)
        scene.say(scene.text("commission.set", name=teacher.name, percent=amount))
        return None

    def _tell_teacher(self, scene: Scene, teacher: User, share: int) -> None:
        tell(
            scene.work,
            teacher,
            f"commission:{scene.incoming.key}",
            scene.now,
            lambda texts: [
                Paragraph(texts("commission.told", percent=percent(share, texts.language)))
            ],
        )


def _name_step() -> Step:
    """A teacher of the list, or a part of a name; the answer is whom it fits."""

    def check(scene: Scene, _: Answers, value: object) -> object:
        offered, typed = _verified(scene), str(value)
        if any(option.value == typed for option in offered):
            return [typed]
        wanted = typed.casefold()
        fitting = [option.value for option in offered if wanted in option.label.casefold()]
        if not fitting:
            raise InvalidAnswer("commission.nobody")
        return fitting

    return text(
        _NAME,
        str,
        options=lambda scene, _: _verified(scene),
        check=check,
        resets=(_WHICH,),
    )


def _which_step() -> Step:
    """Asked where a name fits several."""

    def options(scene: Scene, answers: Answers) -> Sequence[Option]:
        fitting = set(as_list(answers[_NAME]))
        return [option for option in _verified(scene) if option.value in fitting]

    return Step(
        name=_WHICH,
        asks=f"ask.{_WHICH}",
        label=f"field.{_NAME}",
        options=options,
        when=lambda _, answers: len(as_list(answers.get(_NAME))) > 1,
    )


def _verified(scene: Scene) -> Sequence[Option]:
    """Everybody who is verified, by name."""
    work: FlowWork = scene.work
    found = [
        Option(short_id(profile.id), work.users.get(profile.user_id).name)
        for profile in work.teachers.verified()
    ]
    return sorted(found, key=lambda option: option.label.casefold())


def _chosen(scene: Scene, answers: Answers) -> TeacherProfile:
    """Raises StaleButton where the teacher is none any more."""
    chosen = answers.get(_WHICH) or next(iter(as_list(answers[_NAME])), "")
    profile = scene.work.teachers.find(long_id(str(chosen)))
    if profile is None:
        raise StaleButton
    return profile


def _check_admin(scene: Scene) -> None:
    if Role.ADMIN not in scene.user.roles:
        raise StaleButton


def _parse_percent(typed: str) -> object:
    """Hundredths of a percent: "12.5" is 1250."""
    match = _PERCENT.fullmatch(typed.strip())
    share = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0")) if match else _ALL_BP + 1
    if share > _ALL_BP:
        raise InvalidAnswer("commission.no_percent")
    return share


def _state(share: int | None) -> str:
    """For the trail, in hundredths of a percent."""
    return "usual" if share is None else str(share)
