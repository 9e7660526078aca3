// The start of every page. What a custom element needs is fetched when the element first appears: elements/<tag
// name>.js.
import { watchCopying } from "./helpers/copying.js";
import { keepOfflinePage } from "./helpers/offline.js";
import { afterPaint } from "./helpers/painted.js";
import { watchPopovers } from "./helpers/popovers.js";
import { watchPresses } from "./helpers/presses.js";
import { watchPrinting } from "./helpers/printing.js";
import { watchTimes } from "./helpers/times.js";
import { watchTitles } from "./helpers/titles.js";

const asked = new Set();

function define(root) {
  const waiting = [...root.querySelectorAll(":not(:defined)")];
  if (root.matches?.(":not(:defined)")) waiting.push(root);
  for (const { localName } of waiting) {
    if (asked.has(localName)) continue;
    asked.add(localName);
    import(`./elements/${localName}.js`);
  }
}

define(document);
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE) define(node);
  }
}).observe(document, { childList: true, subtree: true });
watchCopying();
watchPopovers();
watchPresses();
watchPrinting();
watchTitles();
afterPaint(watchTimes); // the first formatting of a time loads tables, which takes a phone a tenth of a second
keepOfflinePage();
