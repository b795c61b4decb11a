"""Asking for a mail address and proving it with a one-time code, in any flow.

Nothing said here tells whether an address belongs to somebody: the questions, the mail and the
limits are the same, and only whoever reads that mailbox learns that the address is in use.
"""

from collections.abc import Sequence

from bot.accounts.addresses import parse_address
from bot.accounts.codes import LIFETIME, Codes, TooManyCodes, fingerprint_of
from bot.accounts.model import User
from bot.flows.answers import parse_code
from bot.flows.model import Answers, InvalidAnswer, Step
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.steps import text
from bot.messaging.model import Address, Button, MessageKind, Outgoing, Paragraph, Style

PREFIX = "m"
MAIL = "mail"
CODE_STEP = "email_code"


class EmailSteps:
    """The two steps, and the buttons of the second."""

    def __init__(self, codes: Codes, runner: Runner) -> None:
        self._codes = codes
        self._runner = runner

    def steps(self) -> tuple[Step, Step]:
        """The answer to the second is the address that was proved; None when that was put off."""
        address = text(
            "email",
            parse_address,
            is_optional=True,
            resets=(CODE_STEP,),
            after=self._accepted,
        )
        code = text(
            CODE_STEP,
            parse_code,
            is_hidden=True,
            is_optional=True,
            skip_label="email.button.later",
            check=self._check,
            when=self._is_unproved,
            before=_whereto,
            extra_rows=_buttons,
        )
        return address, code

    def press(self, scene: Scene, action: str) -> Later | None:
        """Another code, or another address; only while the person's own flow asks for a code."""
        state = self._runner.find(scene)
        if state is None or state.step != CODE_STEP:
            raise StaleButton
        match action:
            case "resend":
                scene.answer_button()
                if self._send(scene, str(state.answers["email"])):
                    scene.say(scene.text("email.sent_again"))
                self._runner.repeat(scene, state)
            case "change":
                scene.answer_button()
                self._runner.go_to(scene, state, "email")
            case _:
                raise StaleButton
        return None

    def tell_the_old_address(self, scene: Scene, before: User) -> None:
        """Whoever reads the proved address learns that it is no longer this account's."""
        is_changed = before.email_verified_at is not None and before.email != scene.user.email
        if is_changed and before.email is not None and scene.rules.has_mail:
            _mail(scene, before.email, "changed")

    def _accepted(self, scene: Scene, answers: Answers) -> None:
        if not scene.rules.has_mail:
            scene.say(scene.text("email.no_server"))
        elif CODE_STEP not in answers and self._is_unproved(scene, answers):
            self._send(scene, str(answers["email"]))

    def _is_unproved(self, scene: Scene, answers: Answers) -> bool:
        address, user = answers.get("email"), scene.user
        if not scene.rules.has_mail or address is None or answers.get(CODE_STEP) == address:
            return False
        return user.email != address or user.email_verified_at is None

    def _send(self, scene: Scene, address: str) -> bool:
        try:
            digits = self._codes.issue(scene.work, scene.user.id, address)
        except TooManyCodes as limit:
            scene.say(scene.text(limit.key))
            return False
        what = "in_use" if _is_anothers(scene, address) else "code"
        minutes = int(LIFETIME.total_seconds() // 60)
        _mail(scene, address, what, code=digits, minutes=minutes)
        return True

    def _check(self, scene: Scene, answers: Answers, digits: object) -> str:
        address = str(answers["email"])
        is_right = self._codes.is_right(scene.work, scene.user.id, address, str(digits))
        if not is_right or _is_anothers(scene, address):
            raise InvalidAnswer("code.wrong")
        return address


def _mail(scene: Scene, address: str, what: str, **params: object) -> None:
    scene.work.outbox.put(
        Outgoing(
            key=f"{scene.incoming.key}:mail",
            user_id=scene.user.id,
            to=Address(MAIL, address),
            kind=MessageKind.MAIL,
            subject=scene.texts(f"mail.{what}.subject", **params),
            body=(Paragraph(scene.texts(f"mail.{what}.body", **params)),),
        ),
        at=scene.now,
    )


def _is_anothers(scene: Scene, address: str) -> bool:
    owner = scene.work.users.find_by_email_hash(fingerprint_of(scene.work, address))
    return owner is not None and owner.id != scene.user.id


def _whereto(scene: Scene, answers: Answers) -> Sequence[Paragraph]:
    return [Paragraph(str(answers["email"]), Style.QUOTE)]


def _buttons(scene: Scene, _: Answers) -> Sequence[Sequence[Button]]:
    return [
        [
            scene.button("email.button.resend", f"{PREFIX}:resend"),
            scene.button("email.button.change", f"{PREFIX}:change"),
        ]
    ]
