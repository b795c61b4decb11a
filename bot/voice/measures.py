"""Where there is voice in a note and where there is silence, from its loudness alone."""

from itertools import pairwise

from bot.voice.model import Pcm
from bot.voice.timing import SHORT_PAUSE_SECONDS, Timing

_SHORTEST_SOUND_FRAMES = 3


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
