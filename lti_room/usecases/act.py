"""One command in one room: load, decide, append, and once more if somebody else was first."""

from threading import Lock
from weakref import WeakValueDictionary

from lti_room.base.clock import Clock
from lti_room.base.ids import RoomId
from lti_room.rooms.apply import replay
from lti_room.rooms.commands import Actor, Command
from lti_room.rooms.decide import decide
from lti_room.rooms.limits import Limits
from lti_room.rooms.model import Room
from lti_room.rooms.ports import Appended, RoomStore, VersionConflict
from lti_room.rooms.refusals import RefusalCode, Refused
from lti_room.rooms.roles import Role

ATTEMPTS = 20


class _Queue:
    """Where the commands of one room wait for each other; gone when nobody waits."""

    def __init__(self) -> None:
        self.lock = Lock()


class Act:
    """Gives commands to rooms. One at a time per room and process; between processes the store decides."""

    def __init__(self, store: RoomStore, clock: Clock, limits: Limits | None = None) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits or Limits()
        self._queues: WeakValueDictionary[RoomId, _Queue] = WeakValueDictionary()

    def do(
        self,
        room_id: RoomId,
        actor: Actor | None,
        command: Command,
        command_id: str | None = None,
        target_role: Role | None = None,
    ) -> Appended:
        """Give a command. Permission is judged from the room as it is now, at every attempt.

        Args:
            room_id: the room.
            actor: who asks; None is the system.
            command: what is asked.
            command_id: makes a repeat harmless: it is answered with what happened the first time.
            target_role: the highest launch role among the target's live connections, None if not connected.

        Raises:
            Refused: the rules do not allow it, or `busy` after 20 attempts; nothing happened.
            StoreUnavailable: nothing is known; the same command id may be sent again.
        """
        queue = self._queues.setdefault(room_id, _Queue())
        with queue.lock:
            room = self._store.load(room_id)
            for _ in range(ATTEMPTS):
                try:
                    return self._attempt(room, actor, command, command_id, target_role)
                except VersionConflict as conflict:
                    room = replay(room, conflict.missed) if conflict.missed else self._store.load(room_id)
        raise Refused(RefusalCode.BUSY)

    def _attempt(
        self,
        room: Room,
        actor: Actor | None,
        command: Command,
        command_id: str | None,
        target_role: Role | None,
    ) -> Appended:
        now = self._clock.now()
        try:
            events = decide(room, command, actor, now, target_role=target_role, limits=self._limits)
        except Refused:
            # What was done the first time may be the very reason why it cannot be done again.
            first = self._outcome(room, command_id)
            if first is None:
                raise
            return first
        if not events:
            return self._outcome(room, command_id) or Appended((), repeated=False)
        return self._store.append(room.id, room.version, events, now, command_id)

    def _outcome(self, room: Room, command_id: str | None) -> Appended | None:
        return None if command_id is None else self._store.outcome(room.id, command_id)
