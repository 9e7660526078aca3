// A keyboard on the screen must not cover what one types in. Most browsers shrink the page (interactive-widget in the
// viewport's meta); Safari lays the keyboard over it and tells only the visual viewport.
const LEAST_PX = 80; // less is a bar of the browser

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
