import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cp, unlink } from "node:fs/promises";
import { join } from "node:path";
import { elfFile } from "../src/artifacts/testing/mod.ts";
import { nodewright } from "./support/nodewright.ts";
import {
  type Edit,
  MACHINES,
  replaced,
  SoundCluster,
  snapshot,
  written,
} from "./support/sound-cluster.ts";

const KUBELET = "configs/kubelet-config.yaml";
const CONTAINERD = "configs/containerd-config.toml";
const BRIDGE = "configs/10-bridge.conflist";

let clusters: SoundCluster;
beforeAll(async () => {
  clusters = await SoundCluster.make();
});
afterAll(() => clusters[Symbol.asyncDispose]());

/** A document that grows without bound where aliases are followed. */
function aliasBomb(): string {
  const names = [..."abcdefghij"];
  return names
    .map((name, i) => {
      const item = i === 0 ? "x" : `*${names[i - 1]}`;
      return `${name}: &${name} [${Array(9).fill(item).join(", ")}]\n`;
    })
    .join("");
}

interface BadInput {
  readonly name: string;
  readonly edit: Edit;
  /** `file:line:column`, as called from beside the cluster directory. */
  readonly at?: string;
  /** What was found, and what was expected. */
  readonly says: readonly string[];
  /** Also refused by `pki`, `status` and `artifacts`: the inventory itself is wrong. */
  readonly inventory?: true;
}

const FILES: readonly BadInput[] = [
  {
    name: "an empty machines.txt",
    edit: written("machines.txt", ""),
    at: "machines.txt:1:1",
    says: ["Cannot find a machine", "IPV4_ADDRESS FQDN HOSTNAME [POD_SUBNET]"],
    inventory: true,
  },
  {
    name: "a binary machines.txt",
    edit: written("machines.txt", elfFile({ arch: "amd64" })),
    at: "machines.txt:1:1",
    says: ["machines.txt: it is not UTF-8 text"],
    inventory: true,
  },
  {
    name: "no machines.txt",
    edit: (dir) => unlink(join(dir, "machines.txt")),
    at: "machines.txt\n",
    says: ["Cannot find machines.txt", "nodewright init DIR"],
    inventory: true,
  },
  {
    name: "a host twice",
    edit: replaced("machines.txt", /node-1/g, "node-0"),
    at: "machines.txt:3:33",
    says: ["Two machines have the same name: node-0", "machines.txt:2:33"],
    inventory: true,
  },
  {
    name: "an address twice",
    edit: replaced("machines.txt", "127.99.0.12", "127.99.0.11"),
    at: "machines.txt:3:1",
    says: ["Two machines have the same address: 127.99.0.11"],
    inventory: true,
  },
  {
    name: "a subnet with host bits",
    edit: replaced("machines.txt", "10.200.1.0/24", "10.200.1.7/24"),
    at: "machines.txt:3:40",
    says: ['"10.200.1.7/24" has host bits set; the network is 10.200.1.0/24'],
    inventory: true,
  },
  {
    name: "a missing column",
    edit: replaced("machines.txt", "node-1.example.test node-1 10.200.1.0/24", "node-1"),
    at: "machines.txt:3:",
    says: ["Expected"],
    inventory: true,
  },
  {
    name: "an unknown setting",
    edit: replaced("nodewright.yaml", /^ssh:$/m, "shs:"),
    at: "nodewright.yaml:5:1",
    says: ["shs", "ssh"],
    inventory: true,
  },
  {
    name: "settings with a tab",
    edit: written("nodewright.yaml", "ssh:\n\tuser: root\n"),
    at: "nodewright.yaml:2:1",
    says: ["a tab used as indentation", "indent with spaces"],
    inventory: true,
  },
  {
    name: "settings with an alias bomb",
    edit: written("nodewright.yaml", aliasBomb()),
    at: "nodewright.yaml:2:8",
    says: ["Cannot follow the alias", "write the value out in full"],
    inventory: true,
  },
  {
    name: "a network without the placeholder",
    edit: replaced(BRIDGE, "SUBNET", "10.200.0.0/24"),
    at: `${BRIDGE}:14:24`,
    says: ["Every node would get the same pod subnet", 'Write "SUBNET" in its place'],
  },
  {
    name: "a misspelt placeholder",
    edit: replaced(BRIDGE, "SUBNET", "SUBNTE"),
    at: `${BRIDGE}:14:24`,
    says: ['found "SUBNTE"', 'Write "SUBNET"'],
  },
  {
    name: "a network that is no JSON",
    edit: written(BRIDGE, '{"cniVersion": "1.0.0",'),
    at: `${BRIDGE}:1:24`,
    says: ["Cannot parse JSON"],
  },
  {
    name: "a kubelet's file with a tab",
    edit: replaced(KUBELET, /^authentication:$/m, "authentication:\n\tx: 1"),
    at: `${KUBELET}:`,
    says: ["a tab used as indentation", "indent with spaces"],
  },
  {
    name: "a kubelet's file with an alias bomb",
    edit: written(KUBELET, aliasBomb()),
    at: `${KUBELET}:2:8`,
    says: ["Cannot follow the alias"],
  },
  {
    name: "a misspelt key of the kubelet",
    edit: replaced(KUBELET, /^cgroupDriver:/m, "cgroupDrivr:"),
    at: `${KUBELET}:`,
    says: ['"cgroupDrivr"', "cgroupDriver"],
  },
  {
    name: "a runtime's file without its version",
    edit: replaced(CONTAINERD, /^version = 2$/m, ""),
    at: `${CONTAINERD}:`,
    says: ["version 1 does not read", "write version = 2 at the top"],
  },
  {
    name: "a runtime's file of version 2 called 3",
    edit: replaced(CONTAINERD, /^version = 2$/m, "version = 3"),
    at: `${CONTAINERD}:`,
    says: ["version 3 does not read", 'plugins."io.containerd.cri.v1.runtime"'],
  },
  {
    name: "a runtime's file of a version that does not exist",
    edit: replaced(CONTAINERD, /^version = 2$/m, "version = 9"),
    at: `${CONTAINERD}:`,
    says: ["Expected a version from 1 to 4"],
  },
  {
    name: "a runtime's file that is no TOML",
    edit: replaced(CONTAINERD, /^version = 2$/m, "version 2"),
    at: `${CONTAINERD}:`,
    says: ["Cannot parse TOML"],
  },
  {
    name: "a unit without ExecStart",
    edit: replaced("units/containerd.service", /^ExecStart=.*$/m, ""),
    at: "units/containerd.service:",
    says: ["Missing key in [Service]: ExecStart", "add ExecStart="],
  },
  {
    name: "a missing unit",
    edit: (dir) => unlink(join(dir, "units/containerd.service")),
    at: "units/containerd.service\n",
    says: ["Cannot find the file", "nodewright init"],
  },
  {
    name: "a kubeconfig for another node",
    edit: (dir) => cp(join(dir, "node-1.kubeconfig"), join(dir, "node-0.kubeconfig")),
    at: "node-0.kubeconfig:1:1",
    says: ['it is for "system:node:node-1"', "nodewright pki --renew node-0"],
  },
  {
    name: "a key that belongs to another certificate",
    edit: (dir) => cp(join(dir, "node-1.key"), join(dir, "node-0.key")),
    at: "node-0.",
    says: ["key", "nodewright pki --renew node-0"],
  },
];

/** The commands that a kind of input stops, each with what it could change. */
function commandsFor({ inventory }: BadInput): string[][] {
  const all = [["render", "-o", join(clusters.root, "out")], ["plan"], ["apply"]];
  return inventory ? [...all, ["pki"], ["status"], ["reset", "--all", "--yes"]] : all;
}

describe("a mistake in the cluster directory", () => {
  test.each([...FILES])("$name is named with its place, and nothing is changed", async (input) => {
    const dir = await clusters.copy();
    await input.edit(dir);
    const before = await snapshot(clusters.root);
    for (const argv of commandsFor(input)) {
      const said = await nodewright(["-C", dir, ...argv], { TZ: "UTC" });
      expect([argv[0], said.exitCode, said.stdout]).toEqual([argv[0], 1, ""]);
      for (const text of input.says) expect(said.stderr).toContain(text);
      if (input.at !== undefined) expect(said.stderr).toContain(`at ${join(dir, input.at)}`);
      expect(said.stderr).not.toMatch(/connecting|TypeError|\n {4}at .*\(/);

      const asJson = await nodewright([...argv, "--json", "-C", dir]);
      expect([argv[0], asJson.exitCode, asJson.stderr]).toEqual([argv[0], 1, ""]);
      const { error } = JSON.parse(asJson.stdout);
      const errors = error.problems.filter((one: { severity: string }) => one.severity === "error");
      expect(error.kind).toBe("problems");
      expect(errors[0].locations[0]).toMatchObject({ file: expect.stringMatching(/^[^/]/) });
    }
    expect(await snapshot(clusters.root)).toEqual(before);
  });

  test("every mistake of a file is told at once", async () => {
    const dir = await clusters.copy();
    await replaced(BRIDGE, "SUBNET", "SUBNTE")(dir);
    await replaced(KUBELET, /^cgroupDriver:/m, "cgroupDrivr:")(dir);
    const said = await nodewright(["render", "-C", dir]);
    expect(said.stderr).toContain(`${BRIDGE}:14:24`);
    expect(said.stderr).toContain(`${KUBELET}:`);
  });

  test("Windows line ends are forgiven, with a warning", async () => {
    const dir = await clusters.copy();
    await written("machines.txt", MACHINES.replaceAll("\n", "\r\n"))(dir);
    const said = await nodewright(["render", "-C", dir]);
    expect(said.exitCode).toBe(0);
    expect(said.stderr).toMatch(/^warning: Windows line ends/m);
    expect(said.stderr.match(/Windows line ends/g)).toHaveLength(1);
    expect(said.stdout).toContain("node-1 (127.99.0.12, pods 10.200.1.0/24)\n");
  });
});

describe("bad artifacts", () => {
  const exe = (version: string): Uint8Array => elfFile({ arch: "amd64", rodata: version });
  const cases: readonly [string, string, Uint8Array | string, string][] = [
    [
      "of another architecture",
      "downloads/worker/runc",
      elfFile({ arch: "arm64", rodata: "1.3.0" }),
      "built for: arm64",
    ],
    ["that were cut off", "downloads/worker/runc", exe("1.3.0").subarray(0, 300), "damaged"],
    ["that are empty", "downloads/worker/runc", "", "an empty file"],
    ["that are no programs", "downloads/worker/runc", "<html>404</html>", "an HTML or XML page"],
    ["that are damaged archives", "downloads/worker/runc.tgz", "\x1f\x8b\x08 no gzip", "runc.tgz"],
  ];

  test.each([...cases])("%s are refused by name", async (_name, file, content, says) => {
    const dir = await clusters.copy();
    await written(file, content)(dir);
    const said = await nodewright(["artifacts", "--arch", "amd64", "-C", dir]);
    expect(said.exitCode).toBe(1);
    expect(said.stderr).toContain(says);
    expect(said.stderr).toMatch(/^ {2}fix: /m);
    // What is not there at all is told as well.
    expect(said.stderr).toContain("Cannot install containerd, it is not in downloads/worker");
    const asJson = await nodewright(["artifacts", "--arch", "amd64", "-C", dir, "--json"]);
    expect([asJson.exitCode, asJson.stderr]).toEqual([1, ""]);
    expect(JSON.parse(asJson.stdout).problems.length).toBeGreaterThan(1);
  });
});
