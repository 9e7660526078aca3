// The token against cross-site requests, for posts that a script sends.
export function csrfHeader() {
  return { "X-CSRFToken": document.querySelector('meta[name="csrf"]').content };
}
