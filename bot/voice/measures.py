"""Where there is voice in a note and where there is silence, from its loudness alone."""

from dataclasses import dataclass
from itertools import pairwise

from bot.voice.model import Pcm

SHORT_PAUSE_SECONDS = 0.2
LONG_PAUSE_SECONDS = 0.4
BREAK_SECONDS = 1.0

_SHORTEST_SOUND_FRAMES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When somebody spoke in one note; everything that is kept of its sound.

    Args:
        seconds: of the whole note.
        speech_seconds: from the first sound to the last.
        voiced_seconds: of that, above the silence threshold.
        pauses: silences between sounds, in seconds, from 0.2 s on, in order.
    """

    seconds: float
    speech_seconds: float
    voiced_seconds: float
    pauses: tuple[float, ...]

    @property
    def pause_seconds(self) -> float:
        """All pauses from 0.2 s on together."""
        return sum(self.pauses)

    @property
    def long_pause_seconds(self) -> float:
        """All pauses from 0.4 s on together."""
        return sum(pause for pause in self.pauses if pause >= LONG_PAUSE_SECONDS)

    @property
    def active_seconds(self) -> float:
        """Time spent speaking: from first to last sound without pauses of a second or more."""
        return self.speech_seconds - sum(p for p in self.pauses if p >= BREAK_SECONDS)


def measure(pcm: Pcm) -> Timing | None:
    """Find the sounds of a note.

    A frame counts as sound when it lies above the note's own noise floor by 35 % of the way to
    its loudest parts, so neither gain nor steady noise changes the result.

    Returns:
        None when nothing stands out: silence, steady noise, a click.
    """
    # Numpy is 15 MB that a process without voice notes does not need.
    from bot.voice.loudness import FRAME_SECONDS, loud_spans

    sounds = [span for span in loud_spans(pcm) if span[1] - span[0] >= _SHORTEST_SOUND_FRAMES]
    if not sounds:
        return None
    gaps = [(after[0] - before[1]) * FRAME_SECONDS for before, after in pairwise(sounds)]
    return Timing(
        seconds=round(pcm.seconds, 3),
        speech_seconds=round((sounds[-1][1] - sounds[0][0]) * FRAME_SECONDS, 3),
        voiced_seconds=round(sum(end - start for start, end in sounds) * FRAME_SECONDS, 3),
        pauses=tuple(round(gap, 2) for gap in gaps if gap >= SHORT_PAUSE_SECONDS),
    )
