// The form a bot opens: fields to fill in, sent at once.

import { byId, el } from "./dom.js";

const SELECT = 3;

export class ModalForm {
  // `actions`: submit(values), dismiss().
  constructor(actions) {
    this.actions = actions;
    this.dialog = byId("dc-modal");
    this.form = byId("dc-form");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.actions.submit(this.values());
      this.hide();
    });
    this.dialog.addEventListener("cancel", () => this.dismiss());
    byId("dc-modal-cancel").addEventListener("click", () => this.dismiss());
  }

  // The form as it was opened; null closes it.
  show(modal) {
    if (!modal) return this.hide();
    byId("dc-modal-title").textContent = modal.title;
    byId("dc-fields").replaceChildren(...modal.fields.map((each) => this.field(each)));
    if (!this.dialog.open) this.dialog.showModal();
    return byId("dc-fields").querySelector("input, textarea, select")?.focus();
  }

  dismiss() {
    this.actions.dismiss();
    this.hide();
  }

  hide() {
    if (this.dialog.open) this.dialog.close();
  }

  field(each) {
    const about = each.about ? el("small", {}, each.about) : null;
    const star = each.is_required ? el("i", { "aria-hidden": "true" }, " *") : null;
    return el("label", {}, el("span", {}, each.label, star), about, this.box(each));
  }

  box(each) {
    if (each.type === SELECT) return el("select", { name: each.id, required: each.is_required, data: { many: "yes" } }, each.options.map((option) => el("option", { value: option.value, selected: option.default }, option.label)));
    const limits = { name: each.id, required: each.is_required, minlength: each.shortest || null, maxlength: each.longest, placeholder: each.placeholder, autocomplete: "off" };
    if (!each.is_long) return el("input", { ...limits, value: each.value });
    return el("textarea", { ...limits, rows: "3" }, each.value);
  }

  values() {
    const boxes = [...this.form.querySelectorAll("[name]")];
    return Object.fromEntries(boxes.map((box) => [box.name, box.dataset.many ? [box.value] : box.value]));
  }
}
