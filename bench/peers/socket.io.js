// socket.io: every text goes to everybody, as in its tutorial.
const { createServer } = require("http");
const { Server } = require("socket.io");

const http = createServer();
const io = new Server(http);
io.on("connection", (socket) => socket.on("say", (text) => io.emit("say", text)));
http.listen(Number(process.argv[2]), "127.0.0.1");
