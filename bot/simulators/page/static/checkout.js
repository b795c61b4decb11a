// Pages of the payment service that wait for somebody: to save a card, or to pay.

import { byId, el, icon } from "./dom.js";
import { language, t } from "./texts.js";

let drawn = "[]";
let known = new Set();

// True when a page came.
export function showCheckout(pages) {
  const links = pages.map(({ link }) => link);
  const isMore = links.some((link) => !known.has(link));
  known = new Set(links);
  if (JSON.stringify(pages) === drawn) return false;
  drawn = JSON.stringify(pages);
  byId("checkouts").replaceChildren(...pages.map(item));
  byId("checkout-empty").hidden = pages.length > 0;
  byId("checkout-hint").hidden = pages.length === 0;
  return isMore;
}

function item({ mode, name, amount, currency, link }) {
  const what = mode === "setup" ? t("checkout.setup", { name }) : t("checkout.payment", { name, amount: money(amount, currency) });
  return el("li", {}, el("p", {}, what), el("a", { class: "button", href: link, target: "_blank", rel: "noopener noreferrer" }, t("checkout.open"), icon("out")));
}

// `minor` is in the currency's smallest unit.
function money(minor, currency) {
  const format = new Intl.NumberFormat(language, { style: "currency", currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}
