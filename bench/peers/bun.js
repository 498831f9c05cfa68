// Bun: every text goes to all who are subscribed to one topic, as in the manual of ServerWebSocket.
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("", { status: 426 })),
  websocket: {
    perMessageDeflate: false,
    open: (socket) => socket.subscribe("bench"),
    message: (socket, text) => server.publish("bench", text),
  },
});
