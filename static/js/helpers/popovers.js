// Browsers from before 2024 know no popover: there the button opens its menu by a class (components/menu.css).
export function watchPopovers() {
  if ("popover" in HTMLElement.prototype) return;
  document.addEventListener("click", ({ target }) => {
    const id = target.closest("[popovertarget]")?.getAttribute("popovertarget");
    const asked = id && document.getElementById(id);
    const wasOpen = asked?.classList.contains("is-open");
    closeAll();
    if (asked && !wasOpen) asked.classList.add("is-open");
  });
  document.addEventListener("keydown", ({ key }) => key === "Escape" && closeAll());
}

function closeAll() {
  for (const open of document.querySelectorAll(".menu__panel.is-open")) open.classList.remove("is-open");
}
