// The texts of scripts, translated by the server: <meta name="text-…"> in the head (layouts/_texts.html).
export function text(key, values = {}) {
  const meta = document.querySelector(`meta[name="text-${key}"]`);
  return (meta?.content ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// A share 0..1 as a percentage in the language of the page.
export function percent(share) {
  return new Intl.NumberFormat(document.documentElement.lang, { style: "percent" }).format(share);
}
