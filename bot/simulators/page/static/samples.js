// Recorded notes of real learners, to be heard and sent without a microphone.

import { byId, el, icon } from "./dom.js";
import { minutesOf, t } from "./texts.js";
import { voicePlayer } from "./voice.js";

export function showSamples(samples, onSend) {
  byId("samples").replaceChildren(...samples.map((sample) => row(sample, onSend)));
}

function row(sample, onSend) {
  const send = el("button", { type: "button", class: "sample-send", "aria-label": t("samples.send", { text: sample.text }), on: { click: () => onSend(sample.id) } }, icon("send"));
  const words = el("div", { class: "sample-words" }, el("p", { class: "sample-text", lang: sample.language }, sample.text), el("p", { class: "sample-facts", title: who(sample) }, facts(sample)));
  return el("li", { class: "sample" }, voicePlayer(`/samples/${sample.id}`, sample.seconds, sample.text), words, send);
}

// What tells one note from another: how well it is spoken, and where it is from.
function facts(sample) {
  const level = sample.rating === null ? t("samples.synthetic") : t("samples.rated", { rating: sample.rating });
  return [sample.language.toUpperCase(), minutesOf(sample.seconds), level, sample.source].join(" · ");
}

function who(sample) {
  const [, sex, age] = /^([fm])(\d+)$/.exec(sample.speaker) ?? [];
  return sex ? t(`samples.speaker.${sex}`, { age }) : null;
}
