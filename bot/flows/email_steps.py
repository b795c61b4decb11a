"""Asking for a mail address and proving it with a one-time code, in any flow.

Nothing said here tells whether an address belongs to somebody: the questions, the mail and the
limits are the same, and only whoever reads that mailbox learns whether the address is in use.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.accounts.addresses import parse_address
from bot.accounts.codes import LIFETIME, OPENING, Codes, TooManyCodes, asker, fingerprint_of
from bot.accounts.couriers import MAIL
from bot.accounts.model import CodePurpose, User
from bot.flows.answers import parse_code
from bot.flows.code_check import CodeChecks
from bot.flows.model import Answers, InvalidAnswer, Refused, Step
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.steps import text
from bot.messaging.model import Address, Button, MessageKind, Outgoing, Paragraph, Style

PREFIX = "m"
EMAIL_STEP, CODE_STEP = "email", "email_code"
LINK_FLOW, RECOVER_FLOW = "link", "recover"
# What a code proves in which flow; one's own address in all others.
_OPENING: Mapping[str, CodePurpose] = {
    LINK_FLOW: CodePurpose.LINK,
    RECOVER_FLOW: CodePurpose.RECOVER,
}


class EmailSteps:
    """The two steps, and the buttons of the second."""

    def __init__(self, codes: Codes, checks: CodeChecks, runner: Runner) -> None:
        self._codes = codes
        self._checks = checks
        self._runner = runner

    def steps(self) -> tuple[Step, Step]:
        """One's own address: that of the second step's answer was proved; None: put off."""
        address = text(
            EMAIL_STEP,
            parse_address,
            is_optional=True,
            resets=(CODE_STEP,),
            after=self._accepted,
        )
        code = replace(
            self._code_step(),
            is_optional=True,
            skip_label="email.button.later",
            when=self._is_unproved,
        )
        return address, code

    def opening_steps(self, asks: str) -> tuple[Step, Step]:
        """The address of an account that is to be opened from here; `asks` words the question."""
        address = text(EMAIL_STEP, parse_address, resets=(CODE_STEP,), after=self._accepted)
        return replace(address, asks=asks), replace(self._code_step(), asks="link.ask.code")

    def press(self, scene: Scene, action: str) -> Later | None:
        """Another code, or another address; only while the person's own flow asks for a code."""
        state = self._runner.find(scene)
        if state is None or state.step != CODE_STEP:
            raise StaleButton
        match action:
            case "resend":
                scene.answer_button()
                if self._send(scene, str(state.answers[EMAIL_STEP]), _purpose(state.flow)):
                    scene.say(scene.text("email.sent_again"))
                self._runner.repeat(scene, state)
            case "change":
                scene.answer_button()
                self._runner.go_to(scene, state, EMAIL_STEP)
            case _:
                raise StaleButton
        return None

    def tell_the_old_address(self, scene: Scene, before: User) -> None:
        """Whoever reads the proved address learns that it is no longer this account's."""
        is_changed = before.email_verified_at is not None and before.email != scene.user.email
        if is_changed and before.email is not None and scene.rules.has_mail:
            _mail(scene, Address(MAIL, before.email), "changed")

    def _code_step(self) -> Step:
        return text(
            CODE_STEP,
            parse_code,
            is_hidden=True,
            ask_world=self._ask_courier,
            before=_whereto,
            extra_rows=_buttons,
        )

    def _accepted(self, scene: Scene, answers: Answers) -> None:
        flow = self._flow_of(scene)
        if flow in _OPENING:
            self._send(scene, str(answers[EMAIL_STEP]), _purpose(flow))
        elif not scene.rules.has_codes:
            scene.say(scene.text("email.no_server"))
        elif CODE_STEP not in answers and self._is_unproved(scene, answers):
            self._send(scene, str(answers[EMAIL_STEP]), CodePurpose.EMAIL)

    def _flow_of(self, scene: Scene) -> str:
        state = self._runner.find(scene)
        return "" if state is None else state.flow

    def _is_unproved(self, scene: Scene, answers: Answers) -> bool:
        address, user = answers.get(EMAIL_STEP), scene.user
        if not scene.rules.has_codes or address is None or answers.get(CODE_STEP) == address:
            return False
        return user.email != address or user.email_verified_at is None

    def _send(self, scene: Scene, address: str, purpose: CodePurpose) -> bool:
        who = asker(scene.work, scene.identity)
        try:
            digits = self._codes.issue(scene.work, scene.user.id, address, purpose, who)
        except TooManyCodes as limit:
            if purpose in OPENING and limit.key != TooManyCodes.key:
                raise  # there is no code to go on with
            scene.say(scene.text(limit.key))
            return False
        minutes = int(LIFETIME.total_seconds() // 60)
        to = self._codes.courier.letter_box(address)
        _mail(scene, to, _letter(scene, address, purpose), code=digits, minutes=minutes)
        return True

    def _ask_courier(self, scene: Scene, answers: Answers, digits: object) -> Later:
        address, purpose = str(answers[EMAIL_STEP]), _purpose(self._flow_of(scene))

        def then(later: Scene, is_right: bool) -> Later | None:
            def proved() -> object:
                owner, is_opening = _owner(later, address), purpose in OPENING
                is_own = owner == later.user.id
                is_somebodys = owner is not None and not is_own
                if not is_right or (is_somebodys if not is_opening else owner is None):
                    raise InvalidAnswer("code.wrong")
                if is_opening and is_own:
                    raise Refused("link.already")
                return address

            return self._runner.settle(later, CODE_STEP, proved)

        return self._checks.check(scene, purpose, address, str(digits), then)


def _purpose(flow: str) -> CodePurpose:
    return _OPENING.get(flow, CodePurpose.EMAIL)


def _letter(scene: Scene, address: str, purpose: CodePurpose) -> str:
    """Which letter goes out; what it says is for whoever reads that mailbox alone."""
    owner = _owner(scene, address)
    if purpose in OPENING:
        return "unknown" if owner is None else purpose.value
    return "code" if owner in {None, scene.user.id} else "in_use"


def _owner(scene: Scene, address: str) -> str | None:
    """Whoever proved this address."""
    owner = scene.work.users.find_by_email_hash(fingerprint_of(scene.work, address))
    return None if owner is None else owner.id


def _mail(scene: Scene, to: Address, what: str, **params: object) -> None:
    scene.work.outbox.put(
        Outgoing(
            key=f"{scene.incoming.key}:mail",
            user_id=scene.user.id,
            to=to,
            kind=MessageKind.MAIL,
            subject=scene.texts(f"mail.{what}.subject", **params),
            body=(Paragraph(scene.texts(f"mail.{what}.body", **params)),),
        ),
        at=scene.now,
    )


def _whereto(scene: Scene, answers: Answers) -> Sequence[Paragraph]:
    return [Paragraph(str(answers[EMAIL_STEP]), Style.QUOTE)]


def _buttons(scene: Scene, _: Answers) -> Sequence[Sequence[Button]]:
    return [
        [
            scene.button("email.button.resend", f"{PREFIX}:resend"),
            scene.button("email.button.change", f"{PREFIX}:change"),
        ]
    ]
