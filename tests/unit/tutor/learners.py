"""Learners as scripts: what they say in fifteen turns, whatever they are asked."""

from bot.voice.adapters.local.tutor import Tutor, TutorReply
from bot.voice.adapters.local.tutor_state import TutorState, state_from_variables
from bot.voice.adapters.local.tutor_understanding import Heard
from bot.voice.contexts.catalogue import find_context, find_talk, list_contexts
from bot.voice.model import Word

CONTEXTS = ("cafe", "directions", "small_talk")
LEVELS = ("A1", "A2", "B1", "B2", "C1")

SCRIPTS = {
    "en": {
        "chatty": (
            "I would like a coffee with milk, please.",
            "Yesterday I went to the cinema with my sister and we saw a very long film.",
            "My brother works in a small office near the station in Madrid.",
            "I like it because it is quiet and the people there are friendly.",
            "In my opinion it is important to have enough time for your family.",
            "Next year I want to travel to Ireland and stay there for a month.",
            "When I was a child we lived in a village and I had a dog.",
            "I usually get up at seven and drink a cup of tea before work.",
            "My favourite place is a park where I can sit and read for hours.",
            "It depends on the weather, but I often walk or take the bus.",
            "I think that people should use their cars less in the city.",
            "We met at school and we have been friends for twenty years.",
            "I would open a small shop and sell books and good bread.",
            "I am a bit tired today, but I am happy to talk to you.",
            "That is all I can say about it at the moment, I think.",
        ),
        "struggling": (
            "hello",
            "I goed to the store",
            "yes",
            "I don't understand",
            "She don't like coffee",
            "no",
            "I don't know",
            "quiero un café con leche por favor",
            "asdf qwer zxcv",
            "How do you say cuenta?",
            "I have twenty five years",
            "slower please",
            "and you?",
            "how much is it?",
            "I am very sad today",
        ),
    },
    "es": {
        "chatty": (
            "Quiero un café con leche, por favor.",
            "Ayer fui al cine con mi hermana y vimos una película muy larga.",
            "Mi hermano trabaja en una oficina pequeña cerca de la estación de Madrid.",
            "Me gusta porque es tranquilo y la gente es muy simpática.",
            "En mi opinión es importante tener tiempo suficiente para la familia.",
            "El próximo año quiero viajar a Irlanda y quedarme allí un mes.",
            "Cuando era niño vivíamos en un pueblo y yo tenía un perro.",
            "Normalmente me levanto a las siete y tomo un té antes del trabajo.",
            "Mi lugar favorito es un parque donde puedo leer durante horas.",
            "Depende del tiempo, pero a menudo camino o tomo el autobús.",
            "Creo que la gente debería usar menos el coche en la ciudad.",
            "Nos conocimos en el colegio y somos amigos desde hace veinte años.",
            "Abriría una tienda pequeña y vendería libros y buen pan.",
            "Estoy un poco cansado hoy, pero me alegro de hablar contigo.",
            "Eso es todo lo que puedo decir por ahora, creo.",
        ),
        "struggling": (
            "hola",
            "Soy veinticinco años",
            "sí",
            "No entiendo",
            "Voy a el cine",
            "no",
            "No sé",
            "I would like a coffee with milk please",
            "asdf qwer zxcv",
            "¿Cómo se dice bill?",
            "Yo come pan",
            "más despacio por favor",
            "¿y tú?",
            "¿cuánto cuesta?",
            "Hoy estoy muy triste",
        ),
    },
}


def a_tutor(context: str = "cafe", language: str = "en") -> Tutor:
    found, talk = find_context(context, language), find_talk(language)
    assert found is not None
    assert talk is not None
    return Tutor(found, talk, list_contexts(language))


def a_state(
    context: str = "cafe", language: str = "en", *, level: str = "A2", style: str = "recast"
) -> TutorState:
    native = "es" if language == "en" else "en"
    values = {"context": context, "level": level, "native_language": native, "style": style}
    return state_from_variables(values, language)


def say(text: str, state: TutorState | None = None, **scene: str) -> TutorReply:
    """One turn of a typed sentence."""
    context, language = scene.get("context", "cafe"), scene.get("language", "en")
    start = state or a_state(
        context, language, level=scene.get("level", "A2"), style=scene.get("style", "recast")
    )
    return a_tutor(context, language).reply(start, Heard(text=text))


def talk_through(
    script: tuple[str, ...], context: str, language: str, level: str, style: str = "recast"
) -> list[TutorReply]:
    """A whole conversation, the state carried on as stored."""
    tutor, state = a_tutor(context, language), a_state(context, language, level=level, style=style)
    replies = []
    for line in script:
        replies.append(tutor.reply(state, Heard(text=line)))
        state = replies[-1].state
    return replies


def recognised(text: str, **doubts: float) -> Heard:
    """A note as recognised: every word sure, but for those named with their probability."""
    words = tuple(
        Word(word, float(at), at + 0.5, doubts.get(word.lower().strip(".,?!"), 0.97))
        for at, word in enumerate(text.split())
    )
    return Heard(text=text, words=words)
