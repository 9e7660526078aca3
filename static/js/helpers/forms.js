// What a form holds, and how it is filled again.

// The texts in a form by field: {title: "…", op: "…"}, without the token of the page.
export function textsOf(form) {
  const texts = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && name !== "csrf_token") texts[name] = value;
  }
  return texts;
}

export function isTyped(form) {
  return [...form.querySelectorAll("textarea")].some((field) => field.value.trim());
}

// Puts texts, and a picture if there is one, back into their fields. A picture that the server refused stays out.
export function fillForm(form, texts, file = null) {
  for (const [name, value] of Object.entries(texts)) {
    const field = form.elements[name];
    if (field) field.value = value;
  }
  const picture = form.querySelector("input[type=file]");
  if (!file || !picture || picture.matches("[aria-invalid]")) return;
  const chosen = new DataTransfer();
  chosen.items.add(file instanceof File ? file : new File([file], "picture", { type: file.type }));
  picture.files = chosen.files;
  picture.dispatchEvent(new Event("change", { bubbles: true }));
}
