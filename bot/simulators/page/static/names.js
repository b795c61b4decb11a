// Names of languages in scripts that this machine has no letters for: shown in the reader's own.

import { isDrawable } from "./emoji.js";

const FOREIGN = [
  "am", "ar", "bn", "fa", "gu", "he", "hi", "hy", "ja", "ka", "km", "kn", "ko", "lo", "ml", "mr", "my", "ne", "pa",
  "si", "ta", "te", "th", "ur", "yue", "zh",
];
const LETTER = /\p{L}/u;

// `label`, or what it names where it would be a row of empty boxes.
export function readable(label) {
  const letter = LETTER.exec(label)?.[0];
  if (!letter || isDrawable(letter)) return label;
  const tag = FOREIGN.find((each) => nameOf(each, each) === label);
  return tag ? nameOf(tag, document.documentElement.lang || "en") : label;
}

function nameOf(tag, language) {
  return new Intl.DisplayNames([language], { type: "language" }).of(tag);
}
