// Browsers from before 2024 have no popover. There a class opens the menu of a button (components/menu.css).
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
