// The token against cross-site requests, for posts that a script sends.
const token = () => document.querySelector('meta[name="csrf"]');

export function csrfHeader() {
  return { "X-CSRFToken": token().content };
}

// Takes the token that fits the cookie of this browser now: the given one, else that of this page as it would be now.
// Resolves to whether it is another one than before.
export async function renewToken(given = null) {
  const fresh = given ?? (await fetchToken());
  if (!fresh || fresh === token().content) return false;
  token().content = fresh;
  return true;
}

async function fetchToken() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return page.querySelector('meta[name="csrf"]')?.content;
}
