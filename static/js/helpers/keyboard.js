// A keyboard on the screen must not cover the field that it types into. Most browsers shrink the page
// (interactive-widget in the viewport's meta). Safari covers the page and changes only the visual viewport.
const LEAST_PX = 80; // a smaller difference is a bar of the browser

export function watchKeyboard() {
  const view = window.visualViewport;
  if (!view) return;
  const measure = () => {
    const covered = view.scale > 1.01 ? 0 : Math.round(window.innerHeight - view.height - view.offsetTop);
    const root = document.documentElement;
    if (covered > LEAST_PX) root.style.setProperty("--keyboard", `${covered}px`);
    else root.style.removeProperty("--keyboard");
  };
  view.addEventListener("resize", measure);
  view.addEventListener("scroll", measure);
}
