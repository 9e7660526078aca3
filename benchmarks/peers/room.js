// A room on Node's socket.io: everybody hears what is sent to the room. usage: node room.js PORT
// ["go", {"count": n, "bytes": b}] sends the room n events "fragments" of b bytes; ["typing", …] is acknowledged.
const http = require("http").createServer((request, response) => response.end("ok"));
const { Server } = require("socket.io");
const io = new Server(http, { perMessageDeflate: false, transports: ["websocket"] });
const BARE = '42["fragments",{"html":""}]'.length;

io.on("connection", (socket) => {
  socket.join("room");
  socket.on("go", ({ count, bytes }) => {
    const payload = { html: "x".repeat(Math.max(1, bytes - BARE)) };
    for (let n = 0; n < count; n += 1) io.to("room").emit("fragments", payload);
  });
  socket.on("typing", (_, acknowledge) => acknowledge({ ok: true }));
});
http.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
