// The token that every post carries, for those that are sent by script.
export function csrfHeader() {
  return { "X-CSRFToken": document.querySelector('meta[name="csrf"]').content };
}
