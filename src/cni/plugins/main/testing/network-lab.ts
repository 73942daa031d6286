import { createLink, setLink } from "../../../../rtnl/mod.ts";
import type { CniResult } from "../../../result/types.ts";
import type { CniCommand } from "../../../skel/plugin.ts";
import {
  type LabNetns,
  type PluginCall,
  PluginLab,
  type PluginOutcome,
} from "../../../testing/mod.ts";

/** What a call has beside the network's configuration. */
export interface NetworkCall {
  /** Keys that the configuration has in addition, or otherwise. */
  readonly keys?: object;
  readonly pod?: LabNetns;
  /** CNI_NETNS where it is not the pod's path. */
  readonly netns?: string;
  /** Default: the pod's name. */
  readonly containerId?: string;
  readonly args?: string;
}

/** A host, and a network "net" of one interface plugin on it: 10.88.0.0/24 by host-local. */
export class NetworkLab extends PluginLab {
  readonly #plugin: string;
  readonly #base: object;
  /** What ADD printed, by container ID: the runtime hands it to CHECK and DEL. */
  readonly #results = new Map<string, object>();

  constructor(plugin: string, base: object = {}) {
    super();
    this.#plugin = plugin;
    const ipam = this.ipam({ subnet: "10.88.0.0/24" });
    this.#base = { cniVersion: "1.1.0", name: "net", type: plugin, ipam, ...base };
  }

  /** `ipam` of host-local with these ranges, each a set, and default routes for their families. */
  ipam(...ranges: readonly { readonly subnet: string; readonly gateway?: string }[]): object {
    return {
      type: "host-local",
      dataDir: `${this.directory}/data`,
      ranges: ranges.map((range) => [range]),
      routes: ranges.map(({ subnet }) => ({ dst: subnet.includes(":") ? "::/0" : "0.0.0.0/0" })),
    };
  }

  /** 10.88.0.0/24 and fd00:88::/64. */
  get dualStack(): { readonly ipam: object } {
    return { ipam: this.ipam({ subnet: "10.88.0.0/24" }, { subnet: "fd00:88::/64" }) };
  }

  /** Any operation, whatever it says. */
  try(command: CniCommand, call: NetworkCall = {}): PluginOutcome {
    const { pod, netns, args, keys } = call;
    const containerId = call.containerId ?? pod?.name ?? "c1";
    const prevResult = this.#results.get(containerId);
    const isLater = command === "DEL" || command === "CHECK";
    const request: PluginCall = {
      command,
      containerId,
      conf: {
        ...this.#base,
        ...(isLater && prevResult !== undefined ? { prevResult } : {}),
        ...keys,
      },
      ...(pod === undefined ? {} : { pod }),
      ...(netns === undefined ? {} : { netns }),
      ...(args === undefined ? {} : { args }),
    };
    const outcome = this.call(this.#plugin, request);
    if (command === "ADD" && outcome.exitCode === 0) {
      this.#results.set(containerId, JSON.parse(outcome.stdout));
    }
    return outcome;
  }

  /** Any operation, which must work. */
  do(command: CniCommand, call: NetworkCall = {}): PluginOutcome {
    const outcome = this.try(command, call);
    if (outcome.exitCode === 0) return outcome;
    throw new Error(`${this.#plugin} ${command}: ${outcome.stdout}${outcome.stderr}`);
  }

  /** ADD that must work, and its result. */
  add(pod: LabNetns, call: Omit<NetworkCall, "pod"> = {}): CniResult {
    const { result } = this.do("ADD", { ...call, pod });
    if (result === undefined) throw new Error("ADD printed no result");
    return result;
  }

  /** What CHECK says of a pod; empty where all is well. */
  check(pod: LabNetns, call: Omit<NetworkCall, "pod"> = {}): string {
    return this.try("CHECK", { ...call, pod }).error?.msg ?? "";
  }

  /** The addresses that host-local has reserved, sorted. */
  reserved(): string[] {
    const listed = this.run(this.host, [
      "sh",
      "-c",
      `cd ${this.directory}/data/net 2>/dev/null && ls || true`,
    ]);
    return listed
      .split("\n")
      .filter((name) => /^[0-9a-f]*[.:]/.test(name))
      .sort();
  }

  /** Another machine (192.0.2.2, fd00:99::2) beside the host (.1, ::1), with no way to the pods. */
  outside(): LabNetns {
    const outside = this.netns("outside");
    const peer = { name: "eth0", netns: outside.netns };
    createLink(this.host.conn, { kind: "veth", name: "out0", up: true, peer });
    setLink(outside.conn, "eth0", { up: true });
    for (const [where, name, number] of [
      [this.host, "out0", 1],
      [outside, "eth0", 2],
    ] as const) {
      this.run(where, ["ip", "addr", "add", `192.0.2.${number}/24`, "dev", name]);
      this.run(where, ["ip", "addr", "add", `fd00:99::${number}/64`, "dev", name, "nodad"]);
    }
    // Neighbour discovery begins when the link-local addresses are known to be nobody else's.
    for (let tries = 0; this.isSilent(this.host, "fd00:99::2"); tries++) {
      if (tries === 20) throw new Error("The machine outside does not answer");
    }
    return outside;
  }
}
