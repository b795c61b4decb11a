"""Holding on to a question while what was sent in answer is fetched."""

from bot.flows.model import Answers
from bot.flows.scene import Scene
from bot.flows.state import FlowState


def hold(scene: Scene, flow: str, step: str, answers: Answers) -> None:
    """Ask `step` still: a crash on the way, or a platform that is away, costs no question.

    Whoever keeps the file lets go in the same unit.
    """
    scene.work.flow_states.add(
        FlowState(
            user_id=scene.user.id,
            flow=flow,
            step=step,
            answers=answers,
            asked_in=scene.place,
            updated_at=scene.now,
        )
    )


def let_go(scene: Scene) -> None:
    """The question is answered."""
    scene.work.flow_states.drop(scene.user.id)
