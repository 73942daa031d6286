import { readdirSync } from "node:fs";
import { Conn } from "../../netlink/mod.ts";
import {
  createNamedNetns,
  deleteNetns,
  NETNS_DIRECTORY,
  type Netns,
  netnsPath,
  withNetns,
} from "../../netns/mod.ts";

/** A named network namespace with a connection into it. */
export interface LabNetns {
  readonly name: string;
  /** What CNI_NETNS says: `/run/netns/NAME`. */
  readonly path: string;
  readonly netns: Netns;
  readonly conn: Conn;
}

/** The named namespaces of one test, under names that are nobody else's; all of them go with it. */
export class LabNamespaces implements Disposable {
  readonly #prefix = `nwlab${crypto.randomUUID().slice(0, 8)}`;
  readonly #made = new Map<string, LabNetns>();

  /** `label` tells it from the others of the test. */
  create(label: string): LabNetns {
    const name = `${this.#prefix}-${label}`;
    const netns = createNamedNetns(name);
    const made = {
      name,
      path: netnsPath(name),
      netns,
      conn: withNetns(netns, () => Conn.open()),
    };
    this.#made.set(made.path, made);
    return made;
  }

  /** The namespace of a path; TypeError where it is none of these, or gone. */
  at(path: string): LabNetns {
    const found = this.#made.get(path);
    if (found === undefined) throw new TypeError(`No such namespace: ${path}`);
    return found;
  }

  /** Takes one away before the test ends: what a runtime does with a pod's. Again is no error. */
  delete(path: string): void {
    const made = this.#made.get(path);
    if (made === undefined) return;
    this.#made.delete(path);
    made.conn[Symbol.dispose]();
    made.netns[Symbol.dispose]();
    deleteNetns(made.name);
  }

  [Symbol.dispose](): void {
    for (const path of [...this.#made.keys()]) this.delete(path);
    // The reference's sbr makes a file where it looks for a namespace that has gone.
    for (const name of readdirSync(NETNS_DIRECTORY)) {
      if (name.startsWith(this.#prefix)) deleteNetns(name);
    }
  }
}
