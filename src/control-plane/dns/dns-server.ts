import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import net from "node:net";
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from "dns-packet";
import { type Logger, messageOf } from "../../base/mod.ts";
import { answerQuestion } from "./answer-question.ts";
import type { ClusterNames } from "./cluster-names.ts";
import { askServers, type Transport } from "./forward.ts";

export interface DnsServerOptions {
  readonly domain: string;
  /** The cluster's names as they are now. */
  readonly names: () => ClusterNames;
  /** The DNS servers that know all other names, `ADDRESS` or `ADDRESS:PORT`. */
  readonly forwarders: () => readonly string[];
  /** Whether this address belongs to the cluster: others are told no names but its own. */
  readonly isOwn: (address: string) => boolean;
  readonly log: Logger;
}

/** Who asks. */
export interface Asker {
  readonly transport: Transport;
  readonly address: string;
}

const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
/** What a client takes that does not say how much (RFC 1035, section 2.3.4). */
const PLAIN_UDP_BYTES = 512;
const MAX_UDP_BYTES = 1232;
/** Questions that wait for other servers; more are refused. */
const MAX_WAITING = 1000;
const IDLE_MS = 10_000;

/** Answers for the cluster's domain and asks other servers for the rest, over UDP and TCP. */
export class DnsServer implements Disposable {
  readonly #options: DnsServerOptions;
  readonly #tcp = net.createServer((socket) => this.#converse(socket));
  #udp: DatagramSocket | undefined;
  #waiting = 0;

  constructor(options: DnsServerOptions) {
    this.#options = options;
  }

  /** Resolves with the port that both transports listen on. */
  async listen(port: number, address: string): Promise<number> {
    const udp = createSocket(address.includes(":") ? "udp6" : "udp4");
    this.#udp = udp;
    udp.on("message", (query, { port, address }) => {
      const asker = { transport: "udp", address } as const;
      void this.answer(query, asker).then((reply) => reply && udp.send(reply, port, address));
    });
    const bound = await new Promise<number>((resolve, reject) => {
      udp.once("error", reject);
      udp.bind(port, address, () => resolve(udp.address().port));
    });
    udp.removeAllListeners("error").on("error", (thrown) => this.#warn(thrown));
    await new Promise<void>((resolve, reject) => {
      this.#tcp.once("error", reject);
      this.#tcp.listen(bound, address, () => resolve());
    });
    return bound;
  }

  [Symbol.dispose](): void {
    this.#udp?.close();
    this.#tcp.close();
  }

  /** The reply to a query; undefined where it is none. Never rejects. */
  async answer(query: Uint8Array, asker: Asker): Promise<Uint8Array | undefined> {
    const asked = parseQuery(query);
    if (asked === undefined) return undefined;
    const [question, ...more] = asked.questions ?? [];
    if (question === undefined || more.length > 0) return encode(reply(asked, RCODE.FORMERR));
    const own = answerQuestion(question, {
      names: this.#options.names(),
      domain: this.#options.domain,
    });
    if (own === undefined) return await this.#forward(query, asked, asker);
    const rest = own.follow === undefined ? [] : await this.#lookUp(own.follow, question.type);
    const full: Packet = {
      ...reply(asked, own.exists ? RCODE.NOERROR : RCODE.NXDOMAIN, AUTHORITATIVE_ANSWER),
      answers: [...own.answers, ...rest],
      additionals: [...own.additionals],
      authorities: [...own.authorities],
    };
    const bytes = encode(full);
    if (asker.transport === "tcp" || bytes.length <= roomOf(asked)) return bytes;
    return encode(reply(asked, RCODE.NOERROR, AUTHORITATIVE_ANSWER | TRUNCATED_RESPONSE));
  }

  async #forward(query: Uint8Array, asked: Packet, asker: Asker): Promise<Uint8Array> {
    // Whoever could ask for any name could have others flooded with the answers.
    if (!this.#options.isOwn(asker.address)) return encode(reply(asked, RCODE.REFUSED));
    if (this.#waiting >= MAX_WAITING) return encode(reply(asked, RCODE.SERVFAIL));
    this.#waiting += 1;
    try {
      return await askServers(query, asker.transport, this.#options.forwarders());
    } catch (thrown) {
      this.#warn(thrown);
      return encode(reply(asked, RCODE.SERVFAIL));
    } finally {
      this.#waiting -= 1;
    }
  }

  /** The records of a name outside, for an ExternalName; none where nobody knows them. */
  async #lookUp(name: string, type: NonNullable<Packet["questions"]>[number]["type"]) {
    const id = Math.floor(Math.random() * 65_536);
    const query = encode({
      type: "query",
      id,
      flags: RECURSION_DESIRED,
      questions: [{ name, type }],
    });
    try {
      const answer = await askServers(query, "udp", this.#options.forwarders());
      return decode(Buffer.from(answer)).answers ?? [];
    } catch {
      return [];
    }
  }

  /** Messages over TCP have their length in front of them (RFC 1035, section 4.2.2). */
  #converse(socket: net.Socket): void {
    let buffered = Buffer.alloc(0);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      buffered = Buffer.concat([buffered, chunk]);
      while (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
        const end = 2 + buffered.readUInt16BE(0);
        const query = buffered.subarray(2, end);
        buffered = buffered.subarray(end);
        const asker = { transport: "tcp", address: socket.remoteAddress ?? "" } as const;
        void this.answer(query, asker).then((bytes) => {
          if (bytes === undefined) {
            socket.destroy();
            return;
          }
          const length = Buffer.alloc(2);
          length.writeUInt16BE(bytes.length);
          socket.write(Buffer.concat([length, bytes]));
        });
      }
    });
  }

  #warn(thrown: unknown): void {
    this.#options.log.warn("Cannot answer a DNS question", { error: messageOf(thrown) });
  }
}

function parseQuery(bytes: Uint8Array): Packet | undefined {
  try {
    const packet = decode(Buffer.from(bytes));
    return packet.type === "query" ? packet : undefined;
  } catch {
    return undefined;
  }
}

function reply({ id, flags = 0, questions = [] }: Packet, rcode: number, more = 0): Packet {
  const kept = flags & RECURSION_DESIRED;
  return {
    ...{ type: "response", id: id ?? 0, questions },
    // The last four bits of the flags are the response code.
    flags: kept | RECURSION_AVAILABLE | more | rcode,
  };
}

/** The bytes that the client takes over UDP (EDNS, RFC 6891). */
function roomOf({ additionals = [] }: Packet): number {
  const edns = additionals.find(
    (one): one is Extract<Answer, { type: "OPT" }> => one.type === "OPT",
  );
  const size = edns?.udpPayloadSize ?? PLAIN_UDP_BYTES;
  return Math.min(Math.max(size, PLAIN_UDP_BYTES), MAX_UDP_BYTES);
}
