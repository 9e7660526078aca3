// The line on the page that tells how the room is connected.
//
// Page: data-state

// `state`: waiting, online, polling, catching, offline or stopped; `words`: the same for people.
export function showStatus(words, state) {
  const line = document.getElementById("connection");
  if (!line) return;
  line.dataset.state = state;
  if (line.textContent !== words) line.textContent = words;
}

export function isShownOffline() {
  return document.getElementById("connection")?.dataset.state === "offline";
}
