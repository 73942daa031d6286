import { existsSync, readdirSync } from "node:fs";
import { createNamedNetns, deleteNetns, NETNS_DIRECTORY, netnsPath } from "../../../netns/mod.ts";

const PREFIX = "nodewright-trace-";

/** A network namespace for the time of a trace: only `lo` is in it. */
export class TemporaryNetns implements Disposable {
  readonly path: string;
  readonly #name: string;

  /** `pid`: of this program; those of programs that have ended are taken away. */
  constructor(pid: number) {
    removeAbandoned();
    this.#name = `${PREFIX}${pid}`;
    this.path = netnsPath(this.#name);
    // One whose program had the same ID, and did not end in order.
    deleteNetns(this.#name);
    createNamedNetns(this.#name)[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    deleteNetns(this.#name);
  }
}

function removeAbandoned(): void {
  if (!existsSync(NETNS_DIRECTORY)) return;
  for (const name of readdirSync(NETNS_DIRECTORY)) {
    const pid = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : "";
    if (/^\d+$/.test(pid) && !existsSync(`/proc/${pid}`)) deleteNetns(name);
  }
}
