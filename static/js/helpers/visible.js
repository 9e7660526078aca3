// Whether an element is visible. Phones from before 2024 have no checkVisibility.
export function isShown(element) {
  return element.checkVisibility ? element.checkVisibility() : element.getClientRects().length > 0;
}
