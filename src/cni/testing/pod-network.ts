import { type InterfaceAddress, parseAddress, parseInterfaceAddress } from "../../ip/mod.ts";
import { withNetns } from "../../netns/mod.ts";
import {
  addAddress,
  addRoute,
  createLink,
  getLink,
  setBridgePort,
  setLink,
} from "../../rtnl/mod.ts";
import type { LabNetns } from "./lab-namespaces.ts";
import type { PluginLab } from "./plugin-lab.ts";

/** A server of this program's own, in a namespace. */
export interface EchoServer extends Disposable {
  readonly port: number;
}

/** The second number of each bridge's networks. */
const NET = { cni0: 11, cni1: 12 } as const;

/**
 * The host between a bridge with pods (10.11.0.0/24, fd00:11::/64) and a machine outside
 * (192.0.2.2, fd00:99::2) that knows no way back to the pods.
 */
export class PodNetwork {
  readonly outside: LabNetns;
  readonly #lab: PluginLab;

  constructor(lab: PluginLab) {
    this.#lab = lab;
    this.outside = lab.netns("outside");
    const { host } = lab;
    createLink(host.conn, { kind: "bridge", name: "cni0", up: true });
    give(host, "cni0", "10.11.0.1/24", "fd00:11::1/64");
    const peer = { name: "eth0", netns: this.outside.netns };
    createLink(host.conn, { kind: "veth", name: "out0", up: true, peer });
    setLink(this.outside.conn, "eth0", { up: true });
    give(host, "out0", "192.0.2.1/24", "fd00:99::1/64");
    give(this.outside, "eth0", "192.0.2.2/24", "fd00:99::2/64");
    lab.run(host, ["sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"]);
  }

  /** Another bridge, for another network: `cni1` has 10.12.0.1/24 and fd00:12::1/64. */
  addBridge(name: "cni1"): void {
    const { host } = this.#lab;
    createLink(host.conn, { kind: "bridge", name, up: true });
    give(host, name, `10.${NET[name]}.0.1/24`, `fd00:${NET[name]}::1/64`);
  }

  /** A pod on a bridge: `number` 2 on the first has 10.11.0.2 and fd00:11::2. */
  pod(number: number, bridge: keyof typeof NET = "cni0"): LabNetns {
    const { host } = this.#lab;
    const net = NET[bridge];
    const pod = this.#lab.netns(`pod${number}`);
    const masterIndex = getLink(host.conn, bridge).index;
    const peer = { name: "eth0", netns: pod.netns };
    createLink(host.conn, { kind: "veth", name: `pod${number}`, up: true, masterIndex, peer });
    setLink(pod.conn, "eth0", { up: true });
    // What a pod sends to its own mapped port comes back through the same port of the bridge.
    setBridgePort(host.conn, getLink(host.conn, `pod${number}`).index, { hairpin: true });
    give(pod, "eth0", `10.${net}.0.${number}/24`, `fd00:${net}::${number}/64`);
    for (const gateway of [`10.${net}.0.1`, `fd00:${net}::1`]) route(pod, gateway);
    return pod;
  }

  /** What an ADD of the bridge plugin would have said of a pod. */
  result(pod: LabNetns, number: number, bridge: keyof typeof NET = "cni0") {
    const net = NET[bridge];
    return {
      cniVersion: "1.0.0",
      interfaces: [{ name: bridge }, { name: `pod${number}` }, { name: "eth0", sandbox: pod.path }],
      ips: [
        { address: `10.${net}.0.${number}/24`, gateway: `10.${net}.0.1`, interface: 2 },
        { address: `fd00:${net}::${number}/64`, gateway: `fd00:${net}::1`, interface: 2 },
      ],
    };
  }

  /** Answers everybody at a port with `words` and the address that it sees. */
  serve(where: LabNetns, protocol: "tcp" | "udp", port: number, words = ""): EchoServer {
    const script =
      protocol === "tcp"
        ? `require("node:net").createServer((s) => { s.on("error", () => {}); s.end("${words} " + s.remoteAddress); })
            .listen(${port}, "::", () => console.log("ready"));`
        : `const s = require("node:dgram").createSocket("udp6");
           s.on("message", (_, from) => s.send("${words} " + from.address, from.port, from.address));
           s.bind(${port}, "::", () => console.log("ready"));`;
    const log = `${this.#lab.directory}/server-${crypto.randomUUID()}`;
    const child = withNetns(where.netns, () =>
      Bun.spawn([process.execPath, "-e", script], { stdout: Bun.file(log), stderr: "inherit" }),
    );
    for (let tries = 0; !isReady(log); tries++) {
      if (tries > 500 || child.exitCode !== null) throw new Error("The server does not start");
      Bun.sleepSync(10);
    }
    return { port, [Symbol.dispose]: () => child.kill("SIGKILL") };
  }

  /** What a server answers, or "nothing" after three seconds. */
  ask(from: LabNetns, protocol: "tcp" | "udp", address: string, port: number): string {
    const script =
      protocol === "tcp"
        ? `const s = require("node:net").connect(${port}, "${address}");
           s.on("data", (d) => { console.log(d.toString()); process.exit(); });
           s.on("error", (e) => { console.log(e.code); process.exit(); });`
        : `const s = require("node:dgram").createSocket("${address.includes(":") ? "udp6" : "udp4"}");
           s.on("message", (d) => { console.log(d.toString()); process.exit(); });
           s.on("error", () => {});
           s.send("x", ${port}, "${address}");`;
    const argv = [
      process.execPath,
      "-e",
      `${script} setTimeout(() => { console.log("nothing"); process.exit(); }, 3000);`,
    ];
    return this.#lab.run(from, argv).trim().replace("::ffff:", "");
  }
}

function isReady(log: string): boolean {
  return Bun.spawnSync(["grep", "-q", "ready", log]).exitCode === 0;
}

function give(where: LabNetns, name: string, ...addresses: readonly string[]): void {
  const linkIndex = getLink(where.conn, name).index;
  for (const text of addresses) {
    addAddress(where.conn, { linkIndex, ...interfaceAddress(text), noDad: true });
  }
}

function route(pod: LabNetns, gateway: string): void {
  const parsed = parseAddress(gateway);
  if (!parsed.ok) throw new Error(parsed.error);
  addRoute(pod.conn, {
    destination: { family: parsed.value.family, network: 0n, prefixLength: 0 },
    gateway: parsed.value,
    linkIndex: getLink(pod.conn, "eth0").index,
  });
}

function interfaceAddress(text: string): InterfaceAddress {
  const parsed = parseInterfaceAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
