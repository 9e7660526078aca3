"""Audiences: which sockets listen to which lane of which challenge, by the language that they read.

The index is kept as sockets come and go, so that nothing has to look at every socket to know for whom it works.
"""

from collections import defaultdict
from collections.abc import Iterable

# lane: language: the sids, in the order in which they came
_Lanes = dict[str, dict[str, dict[str, None]]]


class Audiences:
    """The listeners of this process."""

    def __init__(self) -> None:
        self._of: defaultdict[int, _Lanes] = defaultdict(dict)
        self.entered = 0  # how often a socket began to listen, since the start

    def enter(self, sid: str, challenge_id: int, lanes: Iterable[str], language: str) -> None:
        self.entered += 1
        for lane in lanes:
            self._of[challenge_id].setdefault(lane, {}).setdefault(language, {})[sid] = None

    def leave(self, sid: str, challenge_id: int, lanes: Iterable[str], language: str) -> None:
        """Forget a socket, and every lane and challenge to which nobody listens any more."""
        of = self._of.get(challenge_id, {})
        for lane in lanes:
            readers = of.get(lane, {})
            readers.get(language, {}).pop(sid, None)
            if not readers.get(language, True):
                del readers[language]
            if not readers:
                of.pop(lane, None)
        if not of:
            self._of.pop(challenge_id, None)

    def lanes_of_each(self, challenge_id: int, among: set[str]) -> dict[str, tuple[str, ...]]:
        """`{sid: its lanes}` of everybody who listens to a lane `among` these."""
        wanted = {sid for lane in among for sid in self.sids(challenge_id, lane)}
        found: dict[str, tuple[str, ...]] = {}
        for lane, readers in self._of.get(challenge_id, {}).items() if wanted else ():
            for sids in readers.values():
                for sid in sids:
                    if sid in wanted:
                        found[sid] = (*found.get(sid, ()), lane)
        return found

    def challenges(self) -> list[int]:
        """The challenges to which anybody listens."""
        return list(self._of)

    def lanes(self, challenge_id: int) -> list[str]:
        return list(self._of.get(challenge_id, ()))

    def hears(self, challenge_id: int, lane: str) -> bool:
        return lane in self._of.get(challenge_id, ())

    def languages(self, challenge_id: int, lane: str) -> list[str]:
        return list(self._of.get(challenge_id, {}).get(lane, ()))

    def sids(self, challenge_id: int, lane: str, language: str = "") -> list[str]:
        """Who listens to a lane, or those of them who read `language`."""
        readers = self._of.get(challenge_id, {}).get(lane, {})
        if language:
            return list(readers.get(language, ()))
        return [sid for sids in readers.values() for sid in sids]
