import { concatBytes, NodewrightError } from "../../../../../base/mod.ts";
import { fileStatus } from "../../../../../sys/mod.ts";
import {
  type BodyValue,
  type DbusMessage,
  decodeMessage,
  encodeMessage,
  MESSAGE,
} from "./message.ts";

/** What is called: a method of an object. */
export interface DbusCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly args: readonly BodyValue[];
}

/** A call that was answered with an error. */
export class DbusError extends NodewrightError {
  /** The error's name: `org.freedesktop.DBus.Error.NameHasNoOwner`. */
  readonly errorName: string;
  constructor(call: DbusCall, errorName: string, text: string) {
    super("dbus", `Cannot call ${call.member} of ${call.destination}: ${text || errorName}`);
    this.name = "DbusError";
    this.errorName = errorName;
  }
}

const TIMEOUT_MS = 10_000;
const SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket";
const DBUS = {
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
} as const;

type Socket = Awaited<ReturnType<typeof Bun.connect>>;

/** A connection to a message bus, for calls, one after the other. */
export class DbusConnection implements Disposable {
  #socket: Socket | undefined;
  #received: Uint8Array = new Uint8Array();
  #isAuthenticated = false;
  #serial = 0;
  #wake: () => void = () => {};
  #failure: Error | undefined;
  readonly #onCall: ((call: DbusMessage) => void) | undefined;

  private constructor(onCall?: (call: DbusMessage) => void) {
    this.#onCall = onCall;
  }

  /**
   * Connects to the system bus, or to the one that DBUS_SYSTEM_BUS_ADDRESS names; undefined where
   * there is none. `onCall` gets what others call.
   */
  static async open(
    env: Readonly<Record<string, string | undefined>>,
    onCall?: (call: DbusMessage) => void,
  ): Promise<DbusConnection | undefined> {
    const path = socketPath(env["DBUS_SYSTEM_BUS_ADDRESS"] ?? SYSTEM_BUS);
    // To try and fail takes the event loop longer than to look.
    if (path === undefined || fileStatus(path) === undefined) return undefined;
    const connection = new DbusConnection(onCall);
    try {
      await connection.#connect(path);
    } catch {
      connection[Symbol.dispose]();
      return undefined;
    }
    await connection.call({ ...DBUS, member: "Hello", args: [] });
    return connection;
  }

  async #connect(path: string): Promise<void> {
    this.#socket = await Bun.connect({
      unix: path,
      socket: {
        data: (_, chunk) => {
          this.#received = concatBytes(this.#received, chunk);
          this.#wake();
        },
        close: () => this.#fail("the bus has closed the connection"),
        error: (_, error) => this.#fail(error.message),
      },
    });
    // The bus looks at who is at the other end of the socket; there is nothing to prove.
    this.#socket.write("\0AUTH EXTERNAL\r\nDATA\r\n");
    const answers = await this.#until(() => {
      const text = new TextDecoder().decode(this.#received);
      return /(OK|REJECTED|ERROR)[^\n]*\r\n/.exec(text)?.[1];
    });
    if (answers !== "OK") throw new Error("The bus does not let this user in");
    this.#received = new Uint8Array();
    this.#isAuthenticated = true;
    this.#socket.write("BEGIN\r\n");
  }

  #fail(why: string): void {
    this.#failure = new NodewrightError("dbus", `Cannot talk to the message bus: ${why}`);
    this.#wake();
  }

  /** Calls a method and waits for its answer; DbusError where it is an error. */
  async call(call: DbusCall): Promise<readonly BodyValue[]> {
    const { args, ...to } = call;
    const serial = this.#send({
      ...to,
      type: MESSAGE.call,
      signature: args.map(typeOf).join(""),
      body: args,
    });
    const reply = await this.#until(() => this.#replyTo(serial));
    if (reply.type !== MESSAGE.error) return reply.body;
    throw new DbusError(call, reply.errorName ?? "", String(reply.body[0] ?? ""));
  }

  /** True where somebody on the bus has this name. */
  async hasName(name: string): Promise<boolean> {
    const [has] = await this.call({ ...DBUS, member: "NameHasOwner", args: [name] });
    return has === true;
  }

  /** Answers a call that onCall got. */
  answer(
    call: DbusMessage,
    answer: Pick<DbusMessage, "type" | "signature" | "body" | "errorName">,
  ) {
    const { sender } = call;
    this.#send({
      ...answer,
      replySerial: call.serial,
      ...(sender === undefined ? {} : { destination: sender }),
    });
  }

  #send(message: Omit<DbusMessage, "serial">): number {
    const serial = ++this.#serial;
    this.#socket?.write(encodeMessage({ ...message, serial }));
    return serial;
  }

  /** Takes messages from what was received until the answer comes. */
  #replyTo(serial: number): DbusMessage | undefined {
    for (;;) {
      const next = this.#isAuthenticated ? decodeMessage(this.#received) : undefined;
      if (next === undefined) return undefined;
      this.#received = this.#received.subarray(next.length);
      if (next.message.type === MESSAGE.call) this.#onCall?.(next.message);
      if (next.message.replySerial === serial) return next.message;
    }
  }

  /** Serves calls until the connection is closed. */
  async serve(): Promise<void> {
    while (this.#failure === undefined) {
      this.#replyTo(-1);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #until<T>(look: () => T | undefined): Promise<T> {
    const timer = setTimeout(() => this.#fail("no answer"), TIMEOUT_MS);
    try {
      for (;;) {
        const found = look();
        if (found !== undefined) return found;
        if (this.#failure !== undefined) throw this.#failure;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  [Symbol.dispose](): void {
    this.#socket?.end();
    this.#socket = undefined;
  }
}

function typeOf(value: BodyValue): string {
  return typeof value === "string" ? "s" : typeof value === "boolean" ? "b" : "u";
}

/** The first socket in the file system that an address names. */
function socketPath(address: string): string | undefined {
  for (const one of address.split(";")) {
    const path = /^unix:(?:.*,)?path=([^,]*)/.exec(one)?.[1];
    if (path !== undefined) return decodeURIComponent(path);
  }
  return undefined;
}
