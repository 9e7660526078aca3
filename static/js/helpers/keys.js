// The keys of shortcuts. A keyboard of another script (Hebrew, Greek, Cyrillic …) has no "n", but it has the key on which
// Latin keyboards have it. Where a key types a Latin letter or a digit, that one counts: it is what the page names.
const LATIN = /^[a-z0-9?]$/;

// "n", "1", "?", "ArrowDown" …
export function keyOf(event) {
  const { key, code = "", shiftKey } = event;
  if (key.length !== 1 || LATIN.test(key.toLowerCase())) return key.length === 1 ? key.toLowerCase() : key;
  if (/^Key[A-Z]$/.test(code)) return code.slice(3).toLowerCase();
  if (/^Digit[0-9]$/.test(code) && !shiftKey) return code.slice(5);
  return code === "Slash" && shiftKey ? "?" : key;
}
