// A vote over Socket.IO that is on disk when it is acknowledged: one commit a vote, or those of five milliseconds in one.
// usage: node votes.js each|groups FILE PORT
const [, , how, file, port] = process.argv;
const { createServer } = require("http");
const { Server } = require("socket.io");
const Database = require("better-sqlite3");

const database = new Database(file);
database.pragma("journal_mode = wal");
database.pragma("synchronous = FULL");
database.exec(`CREATE TABLE vote (idea INT, person INT, value INT, at REAL, PRIMARY KEY (idea, person));
  CREATE INDEX ix_vote_person ON vote (person)`);
const statement = database.prepare(`INSERT INTO vote VALUES (?, ?, ?, ?)
  ON CONFLICT (idea, person) DO UPDATE SET value = excluded.value, at = excluded.at`);
const storeAll = database.transaction((votes) => votes.forEach(([row]) => statement.run(row)));

let waiting = [];
function flush() {
  const votes = waiting;
  waiting = [];
  storeAll(votes);
  votes.forEach(([, acknowledge]) => acknowledge({ ok: true }));
}

const server = createServer((_, response) => response.end("ok"));
let people = 0;
new Server(server, { perMessageDeflate: false }).on("connection", (socket) => {
  const person = people++;
  socket.on("vote", ({ idea, v }, acknowledge) => {
    const row = [idea | 0, person, v > 0 ? 1 : -1, Date.now() / 1000];
    if (how === "each") {
      statement.run(row);
      acknowledge({ ok: true });
    } else if (waiting.push([row, acknowledge]) === 1) {
      setTimeout(flush, 5);
    }
  });
});
server.listen({ port: +port, host: "127.0.0.1", backlog: 4096 });
