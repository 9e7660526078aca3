// The forms of this page that take a text back.
//
// Page: data-key data-owner data-removed
import { fillForm, isTyped } from "../helpers/forms.js";
import { isShown } from "../helpers/visible.js";
import { draftsOf } from "../queue/drafts.js";

// Whether the idea that the forms of this page belong to is no longer visible.
export function isGone() {
  const removed = document.querySelector("[data-removed]");
  return removed !== null && isShown(removed);
}

// The form that posts to this address, if there is one.
export function formPosting(action) {
  const forms = [...document.querySelectorAll("live-form[data-owner] form")];
  return isGone() ? undefined : forms.find((form) => form.action === action);
}

// The form whose drafts have this key, whoever writes in it.
export function formKeeping(key) {
  return isGone() ? null : document.querySelector(`draft-keeper[data-key="${key}"] form`);
}

// Puts texts into a form. What is typed there becomes an unfinished text of its own.
export function putBack(form, fields, file = null) {
  const { key, owner } = form.closest("draft-keeper").dataset;
  if (isTyped(form)) draftsOf(owner).setAside(key);
  form.reset();
  fillForm(form, fields, file);
  form.dispatchEvent(new Event("input", { bubbles: true }));
  form.querySelector("textarea").focus();
}

// The address of a page, unless it is this one.
export function elsewhere(page) {
  const { pathname } = page ? new URL(page, location.href) : location;
  return pathname === location.pathname ? null : pathname;
}
