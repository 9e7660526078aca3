// The token against cross-site requests, for posts that a script sends.
const token = () => document.querySelector('meta[name="csrf"]');

export function csrfHeader() {
  return { "X-CSRFToken": token().content };
}

// Takes the token that this page would have now. Resolves to whether it is another one: the browser has a new cookie.
export async function renewToken() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector('meta[name="csrf"]')?.content;
  if (!fresh || fresh === token().content) return false;
  token().content = fresh;
  return true;
}
