import { connect } from "node:net";
import { err, type Result } from "../../base/mod.ts";
import { parseAnswer, type WhoAnswer } from "./pod-probe.ts";

const TIMEOUT_MS = 5_000;
/** A verify server's answer is a line. */
const MAX_BYTES = 64 * 1024;

/** Asks a verify server over TCP from the node itself; the error says why it cannot be reached. */
export async function askHost(address: string, port: number): Promise<Result<WhoAnswer, string>> {
  const { promise, resolve } = Promise.withResolvers<Result<WhoAnswer, string>>();
  const socket = connect({ host: address, port, timeout: TIMEOUT_MS });
  let text = "";
  socket.on("connect", () => socket.write("GET /cgi-bin/who HTTP/1.0\r\n\r\n"));
  socket.on("data", (bytes) => {
    if (text.length < MAX_BYTES) text += bytes.toString();
  });
  socket.on("timeout", () => resolve(err(`no answer within ${TIMEOUT_MS / 1000} s`)));
  socket.on("error", (thrown) => resolve(err(describe(thrown))));
  socket.on("close", () => resolve(parseAnswer(text)));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

function describe(thrown: Error): string {
  const code = "code" in thrown ? String(thrown.code) : "";
  return code === "ECONNREFUSED" ? "connection refused" : code || thrown.message;
}
