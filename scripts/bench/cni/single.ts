import { Conn } from "../../../src/netlink/mod.ts";
import { Netns, withNetns } from "../../../src/netns/mod.ts";
import {
  addAddress,
  addRoute,
  createLink,
  deleteLink,
  getLink,
  setLink,
} from "../../../src/rtnl/mod.ts";
import { type BenchLine, median } from "../measure.ts";
import type { BenchSide } from "./bench-side.ts";
import { bridgeConf } from "./bridge-conf.ts";
import { alternate, type BenchPlaces, inMs, Samples, twoSides } from "./compare.ts";

/** VERSION, and loopback ADD: almost nothing but the start of a program. */
export async function benchStart(places: BenchPlaces): Promise<BenchLine[]> {
  const sides = twoSides(places);
  const samples = new Samples<"loopback ADD" | "VERSION">();
  const [empty, whole, fallback]: [number[], number[], number[]] = [[], [], []];
  const conf = { cniVersion: "1.0.0", name: "lo", type: "loopback" };
  await alternate(sides, (side, number, counts) => {
    const version = side.run("loopback", { command: "VERSION", conf });
    const pod = side.addPod();
    const add = side.run("loopback", { command: "ADD", conf, pod, containerId: `c${number}` });
    if (!counts) return;
    samples.add(side, "VERSION", version);
    samples.add(side, "loopback ADD", add);
    if (side !== sides[0]) return;
    // The installation's own client has no server here; its program is what it falls back to.
    const version0 = { command: "VERSION", conf, plugins: places.ours } as const;
    empty.push(side.run("empty", version0).ms);
    fallback.push(side.run("loopback", version0).ms);
    whole.push(side.run("whole/loopback", version0).ms);
  });
  for (const side of sides) side[Symbol.dispose]();
  const add = samples.line(sides, "loopback ADD", 0.4);
  const slower = median(fallback) - median(whole);
  return [
    samples.line(sides, "VERSION", 0.4),
    {
      what: "VERSION without a server, longer than the whole program by",
      ours: `${slower.toFixed(2)} ms`,
      reference: `1 ms (bound; the program ${inMs(median(whole))})`,
      ratio: slower,
      bound: 1,
    },
    add,
    {
      what: "  of that, a program of our runtime that does nothing",
      ours: inMs(median(empty)),
      reference: add.reference,
      ratio: median(empty) / samples.median(sides[1], "loopback ADD"),
    },
  ];
}

/** The origin's bridge: one pod comes and goes. */
export async function benchBridge(places: BenchPlaces): Promise<BenchLine[]> {
  const sides = twoSides(places);
  const samples = new Samples<"bridge ADD" | "bridge DEL">();
  const floor: number[] = [];
  await alternate(sides, (side, number, counts) => {
    const call = { conf: bridgeConf(side), pod: side.addPod(), containerId: `c${number}` };
    const add = side.run("bridge", { ...call, command: "ADD" });
    const del = side.run("bridge", { ...call, command: "DEL" });
    const pair = timePair(side, call.pod);
    if (!counts) return;
    samples.add(side, "bridge ADD", add);
    samples.add(side, "bridge DEL", del);
    floor.push(pair);
  });
  for (const side of sides) side[Symbol.dispose]();
  const del = samples.line(sides, "bridge DEL", 0.4);
  const ownMs = samples.median(sides[0], "bridge DEL") - median(floor);
  return [
    samples.line(sides, "bridge ADD", 0.25),
    del,
    {
      what: "  longer than the kernel deletes a veth pair by",
      ours: inMs(ownMs),
      reference: "3.0 ms (bound)",
      ratio: ownMs / 3,
      bound: 1,
    },
    {
      what: "  of that, the kernel deleting a veth pair",
      ours: inMs(median(floor)),
      reference: del.reference,
      ratio: median(floor) / samples.median(sides[1], "bridge DEL"),
    },
  ];
}

/**
 * Milliseconds that the kernel takes to delete a port of the bridge with its end in the pod, which has
 * an address and a route as the plugin's has.
 */
function timePair(side: BenchSide, pod: string): number {
  using netns = Netns.open(pod);
  return withNetns(side.host, () => {
    using conn = Conn.open();
    const masterIndex = getLink(conn, "cni0").index;
    const peer = { name: "floor1", netns };
    createLink(conn, { kind: "veth", name: "floor0", up: true, masterIndex, peer });
    withNetns(netns, () => configurePeer("floor1"));
    const { index } = getLink(conn, "floor0");
    const started = performance.now();
    deleteLink(conn, index);
    return performance.now() - started;
  });
}

function configurePeer(name: string): void {
  using conn = Conn.open();
  setLink(conn, name, { up: true });
  const linkIndex = getLink(conn, name).index;
  const address = { family: 4, value: 0x0ac800fan } as const;
  addAddress(conn, { linkIndex, address, prefixLength: 24 });
  addRoute(conn, {
    destination: { family: 4, network: 0n, prefixLength: 0 },
    gateway: { family: 4, value: 0x0ac80001n },
    linkIndex,
  });
}

/** portmap with one port, after bridge. */
export async function benchPortmap(places: BenchPlaces): Promise<BenchLine[]> {
  const sides = twoSides(places);
  const samples = new Samples<"portmap ADD, one port" | "portmap DEL, one port">();
  await alternate(sides, (side, number, counts) => {
    const pod = { pod: side.addPod(), containerId: `c${number}` };
    const bridge = { ...pod, conf: bridgeConf(side) };
    const { stdout } = side.run("bridge", { ...bridge, command: "ADD" });
    const portMappings = [{ hostPort: 8000 + number, containerPort: 80, protocol: "tcp" }];
    const portmap = {
      ...pod,
      conf: {
        cniVersion: "1.0.0",
        name: "bridge",
        type: "portmap",
        capabilities: { portMappings: true },
        runtimeConfig: { portMappings },
        prevResult: JSON.parse(stdout),
      },
    };
    const add = side.run("portmap", { ...portmap, command: "ADD" });
    const del = side.run("portmap", { ...portmap, command: "DEL" });
    side.run("bridge", { ...bridge, command: "DEL" });
    if (!counts) return;
    samples.add(side, "portmap ADD, one port", add);
    samples.add(side, "portmap DEL, one port", del);
  });
  for (const side of sides) side[Symbol.dispose]();
  return [
    samples.line(sides, "portmap ADD, one port", 0.2),
    samples.line(sides, "portmap DEL, one port"),
  ];
}
