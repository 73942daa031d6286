import { describe, expect, test } from "bun:test";
import { portKey, routeServicePort, ServiceStore } from "../model/mod.ts";
import type { ServiceRoutes } from "../route-writer.ts";
import { address, service, settings, slice } from "../testing/objects.ts";
import { JUMPS } from "./chains.ts";
import { IptablesWriter } from "./iptables-writer.ts";
import { restoreInput, sharedChains } from "./restore-input.ts";
import { Iptables, type ProgramOutput } from "./run-iptables.ts";

/** iptables that answers as an empty host would, or as `answer` says, and what it was asked. */
function fakeIptables(
  answer: (words: string) => Partial<ProgramOutput> | undefined = () => undefined,
) {
  const inputs: string[] = [];
  const calls: string[] = [];
  const iptables = new Iptables(4, async (argv, stdin) => {
    const words = argv.join(" ");
    calls.push(words);
    if (stdin !== undefined) inputs.push(stdin);
    const isAbsent = words.includes(" -C ");
    return { exitCode: isAbsent ? 1 : 0, stdout: "", stderr: "", ...answer(words) };
  });
  return { iptables, inputs, calls };
}

function cluster(names: readonly string[]) {
  const store = new ServiceStore(4, "node-0");
  const routes = (name: string): ServiceRoutes => {
    const { ports, endpoints } = store.state(name);
    return [
      name,
      ports.map((port) =>
        routeServicePort(port, endpoints.get(portKey(port)) ?? [], { name: "node-0" }),
      ),
    ];
  };
  for (const [i, name] of names.entries()) {
    store.setService(service(name, { clusterIP: `10.32.0.${i + 1}` }));
    store.setSlice(slice(name, [{ ip: `10.200.0.${i + 1}` }]));
  }
  return { store, routes };
}

const OPTIONS = { settings: settings(), nowMs: 0 };

describe("IptablesWriter", () => {
  test("writes all in one call, takes stale chains away and leaves others", async () => {
    const { store, routes } = cluster(["web"]);
    const stdout = ":KUBE-SVC-OLD - [0:0]\n:KUBE-OTHER - [0:0]\n:CNI-1 - [0:0]\n";
    const { iptables, inputs, calls } = fakeIptables((words) =>
      words === "iptables-save -t nat" ? { stdout } : undefined,
    );
    await new IptablesWriter(iptables).rebuild([...store.services].map(routes), OPTIONS);
    expect(inputs).toHaveLength(1);
    const [input = ""] = inputs;
    expect(input).toContain("\n:KUBE-SVC-OLD - [0:0]\n");
    expect(input).toEndWith("-X KUBE-SVC-OLD\nCOMMIT\n");
    expect(input).not.toContain("OTHER");
    expect(input).not.toContain("CNI-1");
    expect(calls.filter((call) => call.includes(" -I "))).toHaveLength(JUMPS.length);
  });

  test("one changed endpoint writes its Service's chains, and nothing that all share", async () => {
    const { store, routes } = cluster(["api", "web"]);
    const { iptables, inputs } = fakeIptables();
    const writer = new IptablesWriter(iptables);
    await writer.rebuild([...store.services].map(routes), OPTIONS);
    store.setSlice(slice("web", [{ ip: "10.200.0.9" }]));
    await writer.update([routes("default/web")], OPTIONS);
    const input = inputs[1] ?? "";
    expect(input.match(/^:KUBE-SVC-/gm)).toHaveLength(1);
    // The new endpoint's chain, and the old one's, which goes.
    expect(input.match(/^:KUBE-SEP-/gm)).toHaveLength(2);
    expect(input.match(/^-X KUBE-SEP-/gm)).toHaveLength(1);
    expect(input).not.toContain("KUBE-SERVICES");
    expect(input).not.toContain("*filter");
    await writer.update([routes("default/web")], OPTIONS);
    expect(inputs).toHaveLength(2);
  });

  test("a Service that comes or goes changes what all share, in a fixed order", async () => {
    const { store, routes } = cluster(["web"]);
    const { iptables, inputs } = fakeIptables();
    const writer = new IptablesWriter(iptables);
    await writer.rebuild([...store.services].map(routes), OPTIONS);
    store.setService(service("api", { clusterIP: "10.32.0.9" }));
    store.setSlice(slice("api", [{ ip: "10.200.0.9" }]));
    await writer.update([routes("default/api")], OPTIONS);
    const order = [...(inputs[1] ?? "").matchAll(/^-A KUBE-SERVICES .*"default\/(\w+):/gm)];
    expect(order.map(([, name]) => name)).toEqual(["api", "web"]);
    store.removeService(service("api"));
    await writer.update([routes("default/api")], OPTIONS);
    expect(inputs[2]?.match(/^-X KUBE-/gm)).toHaveLength(2);
    expect(inputs[2]).not.toContain("default/api");
  });

  test.each([
    { version: "iptables v1.8.9 (nf_tables)", want: 8 },
    { version: "iptables v1.8.9 (legacy)", want: 1 },
  ])(
    "of $version many chains take $want calls, endpoints before what leads to them",
    async (one) => {
      const { store, routes } = cluster(Array.from({ length: 200 }, (_, i) => `s${i}`));
      for (let i = 0; i < 200; i++) {
        const ips = Array.from({ length: 16 }, (_, j) => ({ ip: `10.${i}.1.${j + 1}` }));
        store.setSlice(slice(`s${i}`, ips));
      }
      const { iptables, inputs } = fakeIptables((words) =>
        words.endsWith("--version") ? { stdout: one.version } : undefined,
      );
      await new IptablesWriter(iptables).rebuild([...store.services].map(routes), OPTIONS);
      expect(inputs).toHaveLength(one.want);
      const all = inputs.join("");
      // A thousand endpoints and more: no comments for each.
      expect(all).not.toContain(" -> ");
      const defined = new Set<string>();
      for (const input of inputs) {
        for (const [, chain = ""] of input.matchAll(/^:(\S+)/gm)) defined.add(chain);
        for (const [, to = ""] of input.matchAll(/-j (KUBE-(?:SEP|SVC)-\S+)/g)) {
          expect(defined.has(to)).toBe(true);
        }
      }
    },
  );

  test("is not intact without a canary, a mark or a jump; what fails is told with its lines", async () => {
    const good = (words: string): Partial<ProgramOutput> => ({
      exitCode: 0,
      stdout: words.includes("KUBE-MARK-MASQ") ? "-A KUBE-MARK-MASQ -j MARK" : "",
    });
    const intact = (lost: string): Promise<boolean> =>
      new IptablesWriter(
        fakeIptables((words) =>
          lost !== "" && words.includes(lost) ? { exitCode: 1 } : good(words),
        ).iptables,
      ).isIntact();
    expect(await intact("")).toBe(true);
    for (const lost of ["-t mangle -S", "-S KUBE-MARK-MASQ", "-C PREROUTING"]) {
      expect(await intact(lost)).toBe(false);
    }
    const { iptables } = fakeIptables(() => ({
      exitCode: 2,
      stderr: "iptables-restore: line 3 failed: No chain\n",
    }));
    await expect(iptables.restore("one\ntwo\nthree\nfour\n")).rejects.toMatchObject({
      kind: "iptables",
      message: "iptables-restore failed: iptables-restore: line 3 failed: No chain",
      detail: "one\ntwo\nthree\nfour\n",
    });
  });
});

describe("sharedChains()", () => {
  test("node ports: all addresses but localhost, with localhost, some", () => {
    const last = (changes: Parameters<typeof settings>[0]): string =>
      sharedChains({ settings: settings(changes), rules: [] })
        .nat.get("KUBE-SERVICES")
        ?.join() ?? "";
    expect(last({})).toEndWith("--dst-type LOCAL ! -d 127.0.0.0/8 -j KUBE-NODEPORTS");
    expect(last({ hasLocalhostNodePorts: true })).toEndWith("--dst-type LOCAL -j KUBE-NODEPORTS");
    expect(last({ family: 6 })).toEndWith("! -d ::1/128 -j KUBE-NODEPORTS");
    expect(last({ nodePortAddresses: [address("192.0.2.10")] })).toEndWith(
      "-d 192.0.2.10 -j KUBE-NODEPORTS",
    );
  });

  test("packets of no connection are dropped unless the kernel takes them; martians with localnet", () => {
    const filter = (changes: Parameters<typeof settings>[0]) =>
      sharedChains({ settings: settings(changes), rules: [] }).filter;
    expect(filter({}).get("KUBE-FORWARD")).toHaveLength(3);
    expect(filter({ isLiberal: true }).get("KUBE-FORWARD")).toHaveLength(2);
    expect(filter({}).has("KUBE-FIREWALL")).toBe(false);
    expect(filter({ hasLocalhostNodePorts: true }).get("KUBE-FIREWALL")).toHaveLength(1);
  });

  test("nothing to change is no input", () => {
    const nothing = { chains: new Map(), removed: [] };
    expect(restoreInput({ nat: nothing, filter: nothing })).toBe("");
  });
});
