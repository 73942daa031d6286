import { afterEach, beforeEach, expect, test } from "bun:test";
import { hasSelinux } from "../../sys/mod.ts";
import { CNI_ERROR } from "../errors.ts";
import { createRuntime, network, POD } from "../runtime/testing/create-runtime.ts";
import { type LabNetns, type PluginCall, PluginLab } from "../testing/mod.ts";

let lab: PluginLab;
let pod: LabNetns;
beforeEach(() => {
  lab = new PluginLab();
  pod = lab.netns("pod");
});
afterEach(() => lab[Symbol.dispose]());

const base = { cniVersion: "1.1.0", name: "net", type: "bridge", bridge: "cni0" };
const pool = (more: object = {}): object => ({
  ...base,
  ipam: { type: "host-local", dataDir: `${lab.directory}/data`, subnet: "10.88.0.0/30", ...more },
});

interface Case {
  readonly code: number;
  readonly what: string;
  readonly plugin?: string;
  readonly call: () => Partial<PluginCall>;
  /** What the message has to name: the value that is wrong, and where it is. */
  readonly names: readonly string[];
}

/** SPEC 1.1 "Error", and what the reference libraries have beside it (8, 999). */
const CASES: readonly Case[] = [
  {
    code: 1,
    what: "a version that the plugin does not know",
    call: () => ({ conf: { ...base, cniVersion: "9.8.7" } }),
    names: ['"9.8.7"', '"bridge"', "1.1.0"],
  },
  {
    code: 1,
    what: "an operation that a version has not got",
    call: () => ({ command: "STATUS", conf: { ...base, cniVersion: "1.0.0" } }),
    names: ["STATUS", '"1.0.0"', "1.1.0"],
  },
  {
    code: 4,
    what: "a container ID that is none",
    call: () => ({ containerId: "-c1", conf: base }),
    names: ["CNI_CONTAINERID", '"-c1"'],
  },
  {
    code: 4,
    what: "an interface name that is none",
    call: () => ({ ifName: "a/b", conf: base }),
    names: ["CNI_IFNAME", '"a/b"'],
  },
  {
    code: 4,
    what: "no namespace's path",
    call: () => ({ netns: "", conf: base }),
    names: ["CNI_NETNS"],
  },
  {
    code: 4,
    what: "an operation that is none",
    call: () => ({ env: { CNI_COMMAND: "JUMP" }, conf: base }),
    names: ["CNI_COMMAND", "JUMP"],
  },
  {
    code: 5,
    what: "a plugin that is not there",
    call: () => ({ conf: { ...base, ipam: { type: "none" } }, path: ["/a/b", "/c"] }),
    names: ['"none"', '"/a/b"', '"/c"'],
  },
  {
    code: 5,
    what: "a file that cannot be read",
    call: () => ({ conf: pool({ resolvConf: "/none/resolv.conf" }) }),
    names: ["ipam.resolvConf", '"/none/resolv.conf"', "ENOENT"],
  },
  {
    code: 6,
    what: "no JSON",
    call: () => ({ conf: '{\n  "name": net\n}' }),
    names: ["the configuration", '"net"'],
  },
  {
    code: 7,
    what: "a value of the wrong kind",
    call: () => ({ conf: { ...base, mtu: "big" } }),
    names: ['"mtu"', '"big"'],
  },
  {
    code: 7,
    what: "a range that is none",
    call: () => ({ conf: pool({ subnet: "10.88.0.0/99" }) }),
    names: ["subnet", '"10.88.0.0/99"'],
  },
  {
    code: 8,
    what: "a namespace that is not there",
    call: () => ({ netns: "/run/netns/nowhere", conf: base }),
    names: ["CNI_NETNS", '"/run/netns/nowhere"'],
  },
  {
    code: 8,
    what: "the plugin's own namespace",
    call: () => ({ netns: lab.host.path, conf: base }),
    names: ["CNI_NETNS", "own network namespace"],
  },
  {
    code: 11,
    what: "a full range: network, range, and who shows its holders",
    call: () => {
      const conf = pool();
      lab.mustCall("bridge", { command: "ADD", conf, pod: lab.netns("other"), containerId: "o" });
      return { conf };
    },
    names: ['"net"', "10.88.0.2", "nodewright cni list net"],
  },
  {
    code: 50,
    what: "a full range",
    call: () => {
      const conf = pool();
      lab.mustCall("bridge", { command: "ADD", conf, pod });
      return { command: "STATUS", conf };
    },
    names: ['"net"', "10.88.0.2", "nodewright cni list net"],
  },
  {
    code: 51,
    what: "a link that pods hang on and that has gone",
    plugin: "macvlan",
    call: () => ({ command: "STATUS", conf: { ...base, type: "macvlan", master: "gone0" } }),
    names: ['"master"', '"gone0"'],
  },
  {
    code: 999,
    what: "an interface that is there already",
    call: () => {
      lab.mustCall("bridge", { command: "ADD", conf: base, pod });
      return { conf: base };
    },
    names: ['"eth0"', "has a link of that name"],
  },
];

test.each(CASES)("error $code: $what", ({ plugin = "bridge", call, code, names }) => {
  const { error, exitCode } = lab.call(plugin, { command: "ADD", conf: base, pod, ...call() });
  expect(exitCode).toBe(1);
  expect(error?.code).toBe(code);
  expect(error?.cniVersion).toBeString();
  for (const name of names) expect(`${error?.msg}; ${error?.details}`).toContain(name);
});

test.skipIf(hasSelinux())(
  "error 2: a field that means nothing on this host, with its value",
  () => {
    const conf = { cniVersion: "1.1.0", name: "net", type: "tap", selinuxContext: "a:b:c" };
    const { error } = lab.call("tap", { command: "ADD", conf, pod });
    expect(error?.code).toBe(2);
    expect(error?.msg).toContain('"selinuxContext"');
    expect(error?.msg).toContain('"a:b:c"');
  },
);

test("error 3: CHECK of a container that the runtime does not know", async () => {
  const { runtime } = createRuntime(lab.directory);
  const checked = runtime.check(network(), POD);
  await expect(checked).rejects.toMatchObject({ code: 3 });
  await expect(checked).rejects.toThrow(`container "${POD.containerId}"`);
});

test("every code of the specification has a case", () => {
  const seen = new Set([2, 3, ...CASES.map(({ code }) => code)]);
  const wanted = Object.values(CNI_ERROR).filter((code) => code !== CNI_ERROR.unknown);
  expect([...seen].sort((a, b) => a - b)).toEqual(wanted.sort((a, b) => a - b));
});
