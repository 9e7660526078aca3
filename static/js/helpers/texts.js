// The texts of scripts, translated by the server: <meta name="text-…"> in the head (layouts/_texts.html).
export function text(key, values = {}) {
  const meta = document.querySelector(`meta[name="text-${key}"]`);
  return (meta?.content ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
