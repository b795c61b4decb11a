"""/link and /recover: one account in several apps, and back into it from a fresh chat."""

from collections.abc import Sequence
from dataclasses import replace

from bot.accounts.codes import LIFETIME, asker, fingerprint_of
from bot.accounts.model import Identity
from bot.accounts.reach import address_of, preferred_address, reachable
from bot.accounts.tokens import LINK_LIFETIME, Tokens
from bot.chat.moving import leave_rooms
from bot.flows.api_access import end_keys
from bot.flows.email_steps import EMAIL_STEP, LINK_FLOW, RECOVER_FLOW, EmailSteps
from bot.flows.model import Answers, Flow, Option, Refused, Step
from bot.flows.own_records import Records, merge_people
from bot.flows.runner import Runner, StaleButton, menu_rows
from bot.flows.scene import Later, Scene
from bot.flows.voice_turn import Parts
from bot.i18n.catalog import texts_in
from bot.i18n.formats import calendar_day
from bot.messaging.model import Button, MessageKind, Outgoing, Paragraph, Style

PREFIX = "k"
LINK_PAYLOAD = "link_"
JOIN_FLOW = "join"
_ACCOUNT, _WAY = "account", "way"
_REF_LENGTH = 16
_TELEGRAM = "telegram"
_NAMES = {_TELEGRAM: "Telegram", "discord": "Discord"}


class Linking:
    """The two commands, the flows behind them, and the card of connected apps."""

    def __init__(
        self, runner: Runner, email: EmailSteps, parts: Parts, tokens: Tokens, records: Records
    ) -> None:
        self._runner = runner
        self._email = email
        self._parts = parts
        self._tokens = tokens
        self._records = records

    def flows(self) -> Sequence[Flow]:
        """An account is found by its address; then joining it is confirmed."""
        sure = Step(
            name="sure",
            asks="link.ask.sure",
            options=lambda scene, _: [Option("join", scene.texts("link.button.join"))],
            before=_summary,
            check=self._in_time,
        )
        return [
            self._by_address(LINK_FLOW, "link.ask.email"),
            self._by_address(RECOVER_FLOW, "recover.ask.email"),
            Flow(JOIN_FLOW, (sure,), self._join, shows_progress=False),
        ]

    def link(self, scene: Scene, typed: str = "") -> Later | None:
        """/link: connected apps; with a code from another app: join that account."""
        if typed.strip():
            return self.redeem(scene, typed)
        if scene.user.is_registered:
            return self._apps(scene)
        return self._begin(scene, LINK_FLOW)

    def recover(self, scene: Scene, _: str = "") -> Later | None:
        """/recover: back into an account whose chat was lost."""
        if not scene.user.is_registered:
            return self._begin(scene, RECOVER_FLOW)
        scene.say(
            scene.text("recover.registered"),
            buttons=[[scene.button("settings.button.apps", "c:link")]],
        )
        return None

    def redeem(self, scene: Scene, typed: str) -> Later | None:
        """Join the account whose code this is, once that was confirmed."""
        who = asker(scene.work, scene.identity)
        owner_id = self._tokens.redeem_link(scene.work, typed, who)
        if owner_id is None or scene.work.users.find(owner_id) is None:
            scene.say(scene.text("link.wrong_token"), buttons=menu_rows(scene))
            return None
        if owner_id == scene.user.id:
            scene.say(scene.text("link.own_token"))
            return None
        return self._runner.start(scene, JOIN_FLOW, {_ACCOUNT: owner_id, _WAY: LINK_FLOW})

    def press(self, scene: Scene, data: str) -> Later | None:
        """The buttons of the card: a code, another account, or one chat less."""
        action, _, ref = data.partition(":")
        if not scene.user.is_registered:
            raise StaleButton
        scene.answer_button()
        match action:
            case "code":
                self._show_code(scene)
            case "address":
                return self._begin(scene, LINK_FLOW)
            case "off":
                _ask_to_unlink(scene, _own(scene, ref))
            case "yes":
                self._unlink(scene, _own(scene, ref))
            case _:
                raise StaleButton
        return None

    def _begin(self, scene: Scene, flow: str) -> Later | None:
        if scene.rules.has_codes:
            return self._runner.start(scene, flow)
        scene.say(scene.text("link.only_by_code"), buttons=menu_rows(scene))
        return None

    def _by_address(self, name: str, asks: str) -> Flow:
        def proved(scene: Scene, answers: Answers) -> Later | None:
            subject = fingerprint_of(scene.work, str(answers[EMAIL_STEP]))
            owner = scene.work.users.find_by_email_hash(subject)
            if owner is None:
                scene.say(scene.text("link.gone"))
                return None
            return self._runner.start(scene, JOIN_FLOW, {_ACCOUNT: owner.id, _WAY: name})

        return Flow(name, self._email.opening_steps(asks), proved, shows_progress=False)

    def _in_time(self, scene: Scene, _: Answers, value: object) -> object:
        state = self._runner.find(scene)
        if state is None or scene.now - state.updated_at > LIFETIME:
            raise Refused("link.too_late")
        return value

    def _join(self, scene: Scene, answers: Answers) -> Later | None:
        """Make one person of two, and tell them in all their chats."""
        work, account_id = scene.work, str(answers[_ACCOUNT])
        if work.users.find(account_id) is None:
            scene.show(scene.text("link.gone"))
            return None
        before = [work.users.get(each) for each in (scene.user.id, account_id)]
        theirs = work.identities.of_user(account_id)
        ours = [i for i in work.identities.of_user(scene.user.id) if not _is_same(i, scene)]
        scene.user = merge_people(work, self._records, scene.user.id, account_id, scene.now)
        scene.identity = replace(
            scene.identity, user_id=scene.user.id, last_used_at=scene.now, is_latest=True
        )
        work.identities.begin_use(scene.identity)
        for person in before:
            self._email.tell_the_old_address(scene, person)
        lost = _same_platform(theirs, scene) if answers[_WAY] == RECOVER_FLOW else []
        for identity in lost:
            _leave(scene, identity)
        ended = end_keys(scene) if lost else ()
        _tell(scene, lost, "recover.told_lost")
        _tell(scene, [i for i in (*theirs, *ours) if i not in lost], "link.told")
        scene.show(
            scene.text("link.done", name=scene.user.first_name),
            Paragraph("\n".join(_lines(scene)), Style.QUOTE),
            *ended,
            buttons=menu_rows(scene),
        )
        return None

    def _apps(self, scene: Scene) -> Later | None:
        identities = scene.work.identities.of_user(scene.user.id)
        rows = [
            [scene.button("link.button.code", f"{PREFIX}:code")],
            [scene.button("link.button.address", f"{PREFIX}:address")],
            *([_unlink_button(scene, each)] for each in identities),
        ]
        scene.show(
            scene.text("link.title", Style.STRONG),
            Paragraph("\n".join(_lines(scene)), Style.QUOTE),
            scene.text("link.how"),
            buttons=rows,
        )
        return None

    def _show_code(self, scene: Scene) -> None:
        token = self._tokens.issue_link(scene.work, scene.user.id)
        minutes = int(LINK_LIFETIME.total_seconds() // 60)
        link = self._parts.start_link(f"{LINK_PAYLOAD}{token}")
        is_there = scene.incoming.address.platform == _TELEGRAM
        rows = []
        if link is not None and not is_there:
            rows = [[Button(scene.texts("link.button.open", app=_NAMES[_TELEGRAM]), url=link)]]
        scene.say(
            scene.text("link.code.how", minutes=minutes),
            Paragraph(f"/link {token}", Style.CODE),
            scene.text("link.code.secret"),
            buttons=rows,
        )

    def _unlink(self, scene: Scene, identity: Identity) -> None:
        """Take one chat from the account; whoever sits there is a stranger from then on."""
        work = scene.work
        others = [i for i in work.identities.of_user(scene.user.id) if i != identity]
        if not others:
            raise StaleButton
        _leave(scene, identity)
        if not _is_same(identity, scene):
            _tell(scene, [identity], "link.told_unlinked")
        _tell(
            scene,
            [i for i in others if not _is_same(i, scene)],
            "link.told_other_unlinked",
            identity,
        )
        scene.show(scene.text("link.unlinked", app=_app(identity)), buttons=menu_rows(scene))


def _summary(scene: Scene, answers: Answers) -> Sequence[Paragraph]:
    """Whose account it is, where it is used, and what joining does."""
    account = scene.work.users.find(str(answers[_ACCOUNT]))
    if account is None:
        return [scene.text("link.gone")]
    theirs = scene.work.identities.of_user(account.id)
    apps = ", ".join(dict.fromkeys(map(_app, theirs))) or "–"
    body = [
        scene.text("link.summary.account", name=account.name, apps=apps),
        scene.text("link.summary.this", app=_app(scene.identity)),
    ]
    if scene.user.is_registered or scene.work.voice_sessions.find_latest(scene.user.id):
        body.append(scene.text("link.summary.both"))
    if answers[_WAY] == RECOVER_FLOW and _same_platform(theirs, scene):
        body.append(scene.text("link.summary.lost", app=_app(scene.identity)))
    return body


def _tell(
    scene: Scene, identities: Sequence[Identity], key: str, about: Identity | None = None
) -> None:
    """Tell a person in their chats other than this one, where they can be reached."""
    app = _app(about or scene.identity)
    said = Paragraph(texts_in(scene.user.ui_language)(key, app=app))
    scene.work.outbox.put(
        *(
            Outgoing(
                key=f"{scene.incoming.key}:{key}:{number}",
                user_id=scene.user.id,
                to=address_of(identity),
                kind=MessageKind.NOTICE,
                body=(said,),
            )
            for number, identity in enumerate(reachable(identities))
        ),
        at=scene.now,
    )


def _leave(scene: Scene, gone: Identity) -> None:
    """Whoever sits in that chat is a stranger: nothing that waits goes there any more."""
    scene.work.identities.remove(gone)
    if gone.room is not None:
        scene.work.outbox.drop(scene.user.id, address_of(gone), scene.now)
    _leave_rooms(scene, gone)


def _leave_rooms(scene: Scene, gone: Identity) -> None:
    """Rooms for students in that app may be read by whoever sits there: they are used no more."""
    work, user = scene.work, scene.user
    to = preferred_address(work.identities.of_user(user.id))
    if leave_rooms(work, user.id, gone.platform) and to is not None:
        said = Paragraph(texts_in(user.ui_language)("relay.rooms_left", app=_app(gone)))
        work.outbox.put(
            Outgoing(
                key=f"{scene.incoming.key}:rooms_left",
                user_id=user.id,
                to=to,
                kind=MessageKind.NOTICE,
                body=(said,),
            ),
            at=scene.now,
        )


def _ask_to_unlink(scene: Scene, identity: Identity) -> None:
    if len(scene.work.identities.of_user(scene.user.id)) == 1:
        scene.show(
            scene.text("link.last", app=_app(identity)),
            buttons=[[scene.button("privacy.button.forget", "c:forget")]],
        )
        return
    ref = asker(scene.work, identity)[:_REF_LENGTH]
    scene.show(
        scene.text("link.ask.unlink", app=_app(identity)),
        buttons=[
            [scene.button("link.button.unlink", f"{PREFIX}:yes:{ref}", app=_app(identity))],
            [scene.button("link.button.keep", "c:link")],
        ],
    )


def _unlink_button(scene: Scene, identity: Identity) -> Button:
    ref = asker(scene.work, identity)[:_REF_LENGTH]
    return scene.button("link.button.unlink", f"{PREFIX}:off:{ref}", app=_app(identity))


def _own(scene: Scene, ref: str) -> Identity:
    """The presser's own identity that a button is about. Raises StaleButton."""
    for identity in scene.work.identities.of_user(scene.user.id):
        if asker(scene.work, identity)[:_REF_LENGTH] == ref:
            return identity
    raise StaleButton


def _lines(scene: Scene) -> Sequence[str]:
    """The connected chats, one a line, with the day since when."""
    language, lines = scene.texts.language, []
    for each in scene.work.identities.of_user(scene.user.id):
        key = "link.line.here" if _is_same(each, scene) else "link.line.other"
        since = calendar_day(each.joined_at.date(), language) if each.joined_at else "–"
        lines.append(scene.texts(key, app=_app(each), since=since))
    return lines


def _is_same(identity: Identity, scene: Scene) -> bool:
    here = scene.identity
    return (identity.platform, identity.external_id) == (here.platform, here.external_id)


def _same_platform(identities: Sequence[Identity], scene: Scene) -> list[Identity]:
    return [each for each in identities if each.platform == scene.identity.platform]


def _app(identity: Identity) -> str:
    return _NAMES.get(identity.platform, identity.platform.capitalize())
