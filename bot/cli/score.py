"""`linguaflex score`: scores recordings without a chat."""

import asyncio
import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bot.core.errors import DomainError, ServiceFailure
from bot.core.language import Band, base_language
from bot.voice.adapters.local.ports import Recognition, Speech
from bot.voice.evidence import Number, Score, Skill, TurnEvidence
from bot.voice.measures import measure
from bot.voice.ports import AudioCodec
from bot.voice.scoring import score
from bot.voice.session import Correction
from bot.voice.wording import words_of

_LONGEST_SECONDS = 600.0
_UNSURE = 0.5

# Mistakes in what was heard, in a base language; None: there are no rules for it.
GrammarCheck = Callable[[Recognition, str], tuple[Correction, ...] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredFile:
    """One recording and what came of it; `seconds` is its length."""

    path: Path
    language: str
    seconds: float
    transcript: str
    scores: Mapping[Skill, Score]


class RecordingScorer:
    """Decodes, recognises and scores recordings one by one."""

    def __init__(self, codec: AudioCodec, speech: Speech, check: GrammarCheck) -> None:
        self._codec = codec
        self._speech = speech
        self._check = check

    async def score_file(self, path: Path, language: str, text: str | None = None) -> ScoredFile:
        """Score one recording.

        Args:
            language: BCP 47 tag of what is spoken.
            text: what was to be said; None: a `.txt` file beside the recording, if there is one.

        Raises:
            OSError, UnicodeDecodeError: a file cannot be read.
            AudioRefused: it is no recording, or longer than ten minutes.
            ServiceFailure: there is no recogniser on this machine.
        """
        recording, beside = _read(path)
        known = (beside if text is None else text).strip()
        pcm = await self._codec.decode(recording, max_seconds=_LONGEST_SECONDS)
        heard = await self._speech.transcribe(pcm, languages=(base_language(language),))
        turn = TurnEvidence(
            transcript=heard.text,
            known_text=known or None,
            timing=measure(pcm),
            words=heard.words,
            corrections=None if known else self._check(heard, base_language(language)),
        )
        return ScoredFile(
            path=path,
            language=language,
            seconds=round(pcm.seconds, 3),
            transcript=heard.text,
            scores=score([turn], language),
        )


def add_arguments(parser: ArgumentParser) -> None:
    """What `score` takes on the command line."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--language", required=True, help="what is spoken, e.g. en or pt-BR")
    parser.add_argument("--text", help="what was to be said (else a .txt file beside the FILE)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(options: Namespace, *, models: Path | None = None, cache: Path | None = None) -> int:
    """Score what the command line names.

    Args:
        models: directory of speech models; None: those that are installed.
        cache: for what is made of them; None: the platform's.

    Returns:
        The exit status: 1 when a file could not be scored.
    """
    return asyncio.run(_run(options, models, cache))


async def _run(options: Namespace, models: Path | None, cache: Path | None) -> int:
    # Heavy, and needed by this command alone.
    from bot.voice.adapters.codec import PyAvCodec
    from bot.voice.adapters.local.speech import SpeechProcess

    async with AsyncExitStack() as stack:
        codec, speech = PyAvCodec(), SpeechProcess(models=models, cache=cache)
        stack.push_async_callback(codec.aclose)
        stack.push_async_callback(speech.aclose)
        scorer = RecordingScorer(codec, speech, check_grammar)
        return await score_all(
            scorer, options.files, options.language, options.text, is_json=options.json
        )


def check_grammar(heard: Recognition, language: str) -> tuple[Correction, ...] | None:
    """Common mistakes, none of them in a word the recogniser was not sure of."""
    from bot.voice.adapters.local.corrections.checker import find_corrections
    from bot.voice.adapters.local.corrections.tables import find_table

    if find_table(language) is None:
        return None
    unsure = {
        name for word in heard.words if word.probability < _UNSURE for name in words_of(word.text)
    }
    found = find_corrections(heard.text, language, Band.INTERMEDIATE, unsure)
    return tuple(Correction(said=c.wrong, better=c.right, kind=c.kind.value) for c in found)


async def score_all(
    scorer: RecordingScorer,
    files: Sequence[Path],
    language: str,
    text: str | None = None,
    *,
    is_json: bool,
) -> int:
    """Print each file's scores as they come; a file that cannot be scored stops no other.

    Returns:
        The exit status: 1 when a file could not be scored.
    """
    failures = 0
    for number, path in enumerate(files, start=1):
        _show_progress(number, len(files), path)
        try:
            scored = await scorer.score_file(path, language, text)
        except (OSError, UnicodeDecodeError, DomainError, ServiceFailure) as error:
            failures += 1
            print(f"linguaflex score: {path}: {_reason(error)}", file=sys.stderr)
        else:
            print(render_json(scored) if is_json else render_table(scored), flush=True)
    return 1 if failures else 0


def render_json(scored: ScoredFile) -> str:
    """One line."""
    return json.dumps(
        {
            "file": str(scored.path),
            "language": scored.language,
            "seconds": scored.seconds,
            "transcript": scored.transcript,
            "scores": {skill.value: _score_json(each) for skill, each in scored.scores.items()},
        },
        ensure_ascii=False,
    )


def render_table(scored: ScoredFile) -> str:
    """A few lines for people."""
    lines = [f"{scored.path}  ({scored.seconds:.1f} s, {scored.language})"]
    lines.append(f"  heard: {scored.transcript or '-'}")
    for skill, each in scored.scores.items():
        value = "  - " if each.value is None else f"{each.value:4.1f}"
        lines.append(f"  {skill:14} {value}  {_note(each)}")
    return "\n".join(lines)


def _score_json(each: Score) -> dict[str, object]:
    return {
        "value": each.value,
        "sufficient": each.is_sufficient,
        "method": _method(each),
        "evidence": _evidence(each),
    }


def _method(each: Score) -> str:
    if each.value is None:
        return each.method
    known = each.validation
    if known is None:
        return f"{each.method}; not compared with human raters"
    return (
        f"{each.method}; r={known.correlation:.2f} with human raters on {known.corpus}"
        f" ({known.notes} read sentences, {known.speakers} speakers, folds by speaker)"
    )


def _evidence(each: Score) -> dict[str, Number | str]:
    found: dict[str, Number | str] = dict(each.evidence)
    for missing in each.missing:
        found["missing"] = missing.key.rpartition(".")[2]
        found |= missing.params
    return found


def _note(each: Score) -> str:
    numbers = ", ".join(f"{name} {number:g}" for name, number in each.evidence.items())
    gaps = [
        f"not enough {missing.key.rpartition('.')[2]}: "
        + ", ".join(f"{name} {number:g}" for name, number in missing.params.items())
        if missing.params
        else f"not measured: no {missing.key.rpartition('.')[2]}"
        for missing in each.missing
    ]
    return "; ".join([*gaps, *([_method(each), numbers] if each.value is not None else [])])


def _read(path: Path) -> tuple[bytes, str]:
    """The recording, and the text beside it; empty when there is none."""
    beside = path.with_suffix(".txt")
    has_text = beside != path and beside.is_file()
    return path.read_bytes(), beside.read_text("utf-8-sig") if has_text else ""


def _reason(error: Exception) -> str:
    if isinstance(error, DomainError):
        details = ", ".join(f"{name} {value}" for name, value in error.params.items())
        return f"{error.key} ({details})" if details else error.key
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error)


def _show_progress(number: int, total: int, path: Path) -> None:
    if total > 1 and sys.stderr.isatty():
        print(f"[{number}/{total}] {path.name}", file=sys.stderr)
