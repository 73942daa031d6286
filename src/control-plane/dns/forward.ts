import { createSocket } from "node:dgram";
import net from "node:net";

export type Transport = "udp" | "tcp";

const TIMEOUT_MS = 2_000;
const PORT = 53;

/** Passes a query on as it is, to one server after the other; rejects where none has answered. */
export async function askServers(
  query: Uint8Array,
  transport: Transport,
  servers: readonly string[],
): Promise<Uint8Array> {
  let last: unknown = new Error("no DNS server is known for other names");
  for (const server of servers) {
    try {
      const at = addressOf(server);
      return transport === "udp" ? await overUdp(query, at) : await overTcp(query, at);
    } catch (thrown) {
      last = thrown;
    }
  }
  throw last;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

/** `10.0.0.1`, `10.0.0.1:5353`, `fd00::1` or `[fd00::1]:5353`. */
function addressOf(server: string): Place {
  const match = /^\[(.+)\](?::(\d+))?$/.exec(server) ?? /^([\d.]+):(\d+)$/.exec(server);
  return { host: match?.[1] ?? server, port: Number(match?.[2] ?? PORT) };
}

async function overUdp(query: Uint8Array, { host, port }: Place): Promise<Uint8Array> {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  try {
    return await new Promise<Uint8Array>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${host} does not answer`)), TIMEOUT_MS);
      socket.on("error", reject);
      socket.on("message", (answer, from) => {
        // Another's packet must not end the wait: the same place, and the same id.
        if (from.port !== port || answer[0] !== query[0] || answer[1] !== query[1]) return;
        clearTimeout(timer);
        resolve(answer);
      });
      socket.send(query, port, host);
    });
  } finally {
    socket.close();
  }
}

async function overTcp(query: Uint8Array, { host, port }: Place): Promise<Uint8Array> {
  const socket = net.connect({ host, port });
  try {
    return await new Promise<Uint8Array>((resolve, reject) => {
      let buffered = Buffer.alloc(0);
      socket.setTimeout(TIMEOUT_MS, () => reject(new Error(`${host} does not answer`)));
      socket.on("error", reject);
      socket.on("close", () => reject(new Error(`${host} has closed the connection`)));
      socket.on("data", (chunk: Buffer) => {
        buffered = Buffer.concat([buffered, chunk]);
        if (buffered.length < 2 || buffered.length < 2 + buffered.readUInt16BE(0)) return;
        resolve(buffered.subarray(2, 2 + buffered.readUInt16BE(0)));
      });
      const length = Buffer.alloc(2);
      length.writeUInt16BE(query.length);
      socket.write(Buffer.concat([length, query]));
    });
  } finally {
    socket.destroy();
  }
}
