"""A teacher's invitation: a link and a picture of it that open the conversation with them."""

from collections.abc import Callable
from dataclasses import replace

from bot.accounts.model import UserStatus
from bot.accounts.teachers import TeacherProfile, new_token
from bot.flows.introductions import Introductions
from bot.flows.qr_code import qr_png
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.teacher_words import named
from bot.messaging.model import Attachment, MediaKind, MessageKind, Paragraph, Style

PREFIX = "n"
PAYLOAD = "t_"


class Invitations:
    """Showing, renewing and taking back the presser's own link; opening somebody's.

    Args:
        start_link: the address that opens the bot with a payload; None: no platform has one.
        qr: a text as a QR code, a PNG.
    """

    def __init__(
        self,
        introductions: Introductions,
        start_link: Callable[[str], str | None],
        qr: Callable[[str], bytes] = qr_png,
    ) -> None:
        self._introductions = introductions
        self._start_link = start_link
        self._qr = qr

    def press(self, scene: Scene, action: str) -> Later | None:
        """About the presser's own invitation."""
        profile = scene.work.teachers.find_of_user(scene.user.id)
        if profile is None:
            raise StaleButton
        match action:
            case "open":
                scene.answer_button()
                return self._show(scene, profile)
            case "renew":
                scene.answer_button()
                return self._show(scene, replace(profile, invite_token=None))
            case "revoke":
                scene.answer_button()
                scene.work.teachers.save(replace(profile, invite_token=None))
                scene.say(scene.text("invite.revoked"))
                return None
        raise StaleButton

    def accept(self, scene: Scene, payload: str) -> bool:
        """Open the conversation an invitation leads to; False: the payload is none."""
        if not payload.startswith(PAYLOAD):
            return False
        profile = scene.work.teachers.find_by_token(payload.removeprefix(PAYLOAD))
        teacher = None if profile is None else scene.work.users.find(profile.user_id)
        is_open = profile is not None and profile.is_verified
        if teacher is None or not is_open or teacher.status is not UserStatus.ACTIVE:
            scene.say(
                scene.text("invite.over"),
                buttons=[[scene.button("invite.button.teachers", "c:teachers")]],
            )
        elif teacher.id == scene.user.id:
            scene.say(scene.text("invite.own"))
        elif not scene.user.is_registered:
            scene.say(
                scene.text("invite.register_first", name=named(teacher, profile)),
                buttons=[[scene.button("start.register", "c:register")]],
            )
        else:
            self._introductions.introduce(scene, teacher.id)
        return True

    def _show(self, scene: Scene, profile: TeacherProfile) -> Later | None:
        """The link, made where there is none, with its picture."""
        token = profile.invite_token
        if token is None:
            token = new_token()
            scene.work.teachers.save(replace(profile, invite_token=token))
        payload = f"{PAYLOAD}{token}"
        link = self._start_link(payload)
        body = [scene.text("invite.title", Style.STRONG)]
        if link is not None:
            body.append(Paragraph(link))
        body.append(scene.text("invite.command", command=f"/start {payload}"))
        if not profile.is_verified:
            body.append(scene.text("invite.once_verified"))
        buttons = [
            [
                scene.button("invite.button.renew", f"{PREFIX}:renew"),
                scene.button("invite.button.revoke", f"{PREFIX}:revoke"),
            ]
        ]
        picture = None if link is None else self._picture(scene, link)
        scene.say(*body, buttons=buttons, kind=MessageKind.PROMPT, attachment=picture)
        return None

    def _picture(self, scene: Scene, link: str) -> Attachment:
        blob_id = scene.work.blobs.add(
            scene.user.id, "image/png", self._qr(link), scene.now, expires_at=None
        )
        return Attachment(
            kind=MediaKind.PHOTO, blob_id=blob_id, mime="image/png", filename="invitation.png"
        )
