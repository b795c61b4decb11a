"""Recognising who wrote: the platform proves who it is, so nobody signs in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.accounts.model import Identity, Role, User
from bot.accounts.ports import AccountsWork
from bot.messaging.model import Incoming, IncomingKind


class Entrance:
    """Finds the person behind an event; somebody new becomes a guest.

    Args:
        admins: "platform:id" of the people the settings name as admins.
        ui_language: an interface language for a client's locale.
    """

    def __init__(self, admins: frozenset[str], ui_language: Callable[[str | None], str]) -> None:
        self._admins = admins
        self._ui_language = ui_language

    def recognise(
        self, work: AccountsWork, incoming: Incoming, now: datetime
    ) -> tuple[User, Identity]:
        """The user and identity of whoever caused the event, as of now.

        They stay who they are until the unit is over, so what it writes for them is theirs.
        """
        sender = incoming.sender
        identity = work.identities.find(sender.platform, sender.external_id)
        if identity is None:
            return self._welcome(work, incoming, now)
        user = work.users.hold(identity.user_id)
        if user is None:  # joined to another account while we waited
            return self.recognise(work, incoming, now)
        seen = _as_seen(identity, incoming, now)
        if seen.is_latest and not identity.is_latest:
            work.identities.begin_use(seen)
        elif seen != identity:
            work.identities.save(seen)
        return self._with_admin_role(work, user, seen), seen

    def follow_settings(self, work: AccountsWork) -> None:
        """Whoever the settings name no longer is no administrator, before they write again."""
        for user in work.users.list_admins():
            self._ended(work, user)

    def _welcome(
        self, work: AccountsWork, incoming: Incoming, now: datetime
    ) -> tuple[User, Identity]:
        sender = incoming.sender
        user = work.users.add(
            User(
                created_at=now,
                name=sender.display_name,
                ui_language=self._ui_language(sender.locale),
            )
        )
        identity = Identity(
            platform=sender.platform,
            external_id=sender.external_id,
            user_id=user.id,
            room=None if incoming.is_shared else incoming.address.room,
            locale=sender.locale,
            joined_at=now,
            last_used_at=now,
            is_latest=True,
        )
        work.identities.add(identity)
        return self._with_admin_role(work, user, identity), identity

    def _with_admin_role(self, work: AccountsWork, user: User, identity: Identity) -> User:
        """As the settings say; whom a one-time link made an administrator stays one."""
        if not self._is_named(identity):
            return self._ended(work, user)
        if Role.ADMIN not in user.roles:
            return work.users.save(replace(user, roles=user.roles | {Role.ADMIN, Role.NAMED}))
        return user

    def _ended(self, work: AccountsWork, user: User) -> User:
        if Role.NAMED not in user.roles or any(
            map(self._is_named, work.identities.of_user(user.id))
        ):
            return user
        return work.users.save(replace(user, roles=user.roles - {Role.ADMIN, Role.NAMED}))

    def _is_named(self, identity: Identity) -> bool:
        return f"{identity.platform}:{identity.external_id}" in self._admins


def _as_seen(identity: Identity, incoming: Incoming, now: datetime) -> Identity:
    """What this event tells about the identity: its chat, whether we are welcome.

    That somebody goes on using the identity they used last changes nothing, and writes nothing.
    """
    is_blocked = incoming.kind is IncomingKind.BLOCKED
    blocked_at = (identity.blocked_at or now) if is_blocked else None
    room = identity.room if incoming.is_shared else incoming.address.room
    return replace(
        identity,
        room=room,
        locale=incoming.sender.locale or identity.locale,
        blocked_at=blocked_at,
        is_latest=identity.is_latest or not is_blocked,
        last_used_at=identity.last_used_at if identity.is_latest or is_blocked else now,
    )
