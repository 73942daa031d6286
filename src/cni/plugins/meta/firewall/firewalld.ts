import { type BodyValue, DbusConnection, DbusError } from "./dbus/mod.ts";

const FIREWALLD = {
  destination: "org.fedoraproject.FirewallD1",
  path: "/org/fedoraproject/FirewallD1",
  interface: "org.fedoraproject.FirewallD1.zone",
} as const;

/** firewalld on the system bus: addresses of pods are sources of a zone. */
export class Firewalld implements Disposable {
  readonly #bus: DbusConnection;

  private constructor(bus: DbusConnection) {
    this.#bus = bus;
  }

  /** firewalld, where it runs; undefined otherwise. */
  static async find(
    env: Readonly<Record<string, string | undefined>>,
  ): Promise<Firewalld | undefined> {
    const bus = await DbusConnection.open(env);
    if (bus === undefined) return undefined;
    if (await bus.hasName(FIREWALLD.destination)) return new Firewalld(bus);
    bus[Symbol.dispose]();
    return undefined;
  }

  /** Puts an address (`10.0.0.2/32`) into a zone; no error where it is in one already. */
  async addSource(zone: string, source: string): Promise<void> {
    await this.#tolerate(/ZONE_ALREADY_SET|ALREADY_ENABLED/, this.#call("addSource", zone, source));
  }

  /** Takes an address out of a zone; no error where it is not in it. */
  async removeSource(zone: string, source: string): Promise<void> {
    const gone = /UNKNOWN_SOURCE|NOT_ENABLED|ZONE_CONFLICT|INVALID_ZONE/;
    await this.#tolerate(gone, this.#call("removeSource", zone, source));
  }

  /** True where an address is in a zone. */
  async hasSource(zone: string, source: string): Promise<boolean> {
    const [has] = await this.#call("querySource", zone, source);
    return has === true;
  }

  #call(member: string, zone: string, source: string): Promise<readonly BodyValue[]> {
    return this.#bus.call({ ...FIREWALLD, member, args: [zone, source] });
  }

  /** firewalld's errors begin with a code, in the name or in the text. */
  async #tolerate(codes: RegExp, call: Promise<unknown>): Promise<void> {
    try {
      await call;
    } catch (thrown) {
      const isExpected =
        thrown instanceof DbusError && (codes.test(thrown.errorName) || codes.test(thrown.message));
      if (!isExpected) throw thrown;
    }
  }

  [Symbol.dispose](): void {
    this.#bus[Symbol.dispose]();
  }
}
