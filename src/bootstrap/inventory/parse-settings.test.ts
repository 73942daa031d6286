import { describe, expect, test } from "bun:test";
import { parseMachines } from "./parse-machines.ts";
import { parseSettings } from "./parse-settings.ts";
import { DEFAULT_SETTINGS, settingsOf, unavailableLimit } from "./settings.ts";

const { machines } = parseMachines(
  "10.0.0.10 server.k.local server\n10.0.0.11 node-0.k.local node-0 10.200.0.0/24\n10.0.0.12 node-1.k.local node-1 10.200.1.0/24\n",
  "machines.txt",
);
const parse = (text: string) =>
  parseSettings(text, "nodewright.yaml", { machines, dir: "/cluster" });

describe("parseSettings()", () => {
  test.each(["", "# nothing\n", "---\n"])("takes %j as the defaults", (text) => {
    expect(parse(text)).toEqual({ settings: DEFAULT_SETTINGS, problems: [] });
  });

  test("reads every key", () => {
    const { settings, problems } = parse(`
ssh:
  host: bastion-side
  user: ops
  port: 2222
  identityFile: keys/id
  jumpHost: ops@bastion
  knownHostsFile: ~/known
  connectTimeout: 1500ms
  options: { IPQoS: none, ServerAliveInterval: 7 }
sudo: always
components:
  containerd: { source: debian, suite: bookworm }
  kubelet: { source: upstream, list: urls.txt }
  kube-proxy: { source: none }
files:
  /etc/containerd/certs.d/a/hosts.toml: configs/hosts.toml
nodes:
  node-1:
    ssh: { user: root, options: { IPQoS: throughput } }
    sudo: never
    components: { containerd: { source: downloads } }
    files:
      /etc/containerd/config.toml: { from: ./configs/n1.toml, mode: "0600" }
parallelism: 3
maxUnavailable: 25%
routes: false
masquerade: true
clusterCIDR: 10.200.0.0/16,fd00:200::/48
images: { registry.k8s.io/pause:3.10: images/pause.tar }
verifyImage: example.test/busybox:1
`);
    expect(problems).toEqual([]);
    expect(settings.ssh).toEqual({
      host: "bastion-side",
      user: "ops",
      port: 2222,
      identityFile: "/cluster/keys/id",
      jumpHost: "ops@bastion",
      knownHostsFile: "~/known",
      options: { IPQoS: "none", ServerAliveInterval: "7" },
      connectTimeoutS: 2,
    });
    const node = settingsOf(settings, "node-1");
    expect(node.ssh.user).toBe("root");
    expect(node.ssh.port).toBe(2222);
    expect(node.ssh.options).toEqual({ IPQoS: "throughput", ServerAliveInterval: "7" });
    expect(node.sudo).toBe("never");
    expect(node.components).toMatchObject({
      containerd: { source: "downloads" },
      kubelet: { source: "upstream", list: "urls.txt" },
      "kube-proxy": { source: "none" },
    });
    expect(node.files.map(({ target, source, mode }) => [target, source, mode])).toEqual([
      ["/etc/containerd/certs.d/a/hosts.toml", "configs/hosts.toml", undefined],
      ["/etc/containerd/config.toml", "configs/n1.toml", 0o600],
    ]);
    expect(settingsOf(settings, "node-0")).toBe(settings);
    expect([settings.parallelism, settings.routes, settings.masquerade]).toEqual([3, false, true]);
    expect(unavailableLimit(settings.maxUnavailable, 10)).toBe(2);
    expect(unavailableLimit(settings.maxUnavailable, 1)).toBe(1);
    expect(settings.images).toEqual([
      { reference: "registry.k8s.io/pause:3.10", path: "/cluster/images/pause.tar" },
    ]);
    expect(settings.verifyImage).toBe("example.test/busybox:1");
    expect(settings.clusterCidr?.cidrs.map(({ prefixLength }) => prefixLength)).toEqual([16, 48]);
  });

  test.each<[name: string, text: string, code: string, place: string, words: string]>([
    ["an unknown key", "paralelism: 3\n", "unknown-key", "1:1", 'write "parallelism"'],
    ["an unknown key below", "ssh:\n  prot: 22\n", "unknown-key", "2:3", 'write "port"'],
    ["an unknown component", "components:\n  contanerd: {}\n", "unknown-key", "2:3", "containerd"],
    ["an unknown node", "nodes:\n  node-2: {}\n", "unknown-node", "2:3", 'Write "node-'],
    [
      "a machine that is no worker",
      "nodes:\n  server: {}\n",
      "unknown-node",
      "2:3",
      "not a worker",
    ],
    [
      "a key of one node only",
      "nodes:\n  node-1: { routes: true }\n",
      "unknown-key",
      "2:13",
      "routes",
    ],
    ["a wrong type", "routes: 7\n", "wrong-type", "1:9", "true or false"],
    ["a port", "ssh: { port: 70000 }\n", "wrong-value", "1:14", "70000"],
    ["a duplicate key", "routes: true\nroutes: false\n", "duplicate-key", "2:1", "routes"],
    ["tabs", "ssh:\n\tport: 22\n", "syntax", "2:1", "tab"],
    ["a list", "- a\n", "wrong-type", "1:1", "a map"],
    ["an alias", "ssh: &a { port: 22 }\nnodes:\n  node-1: { ssh: *a }\n", "", "3:", "alias"],
    [
      "a key of another source",
      "components: { runc: { source: downloads, suite: bookworm } }\n",
      "wrong-source",
      "1:42",
      "suite",
    ],
    [
      "a suite that is no word",
      "components: { runc: { source: debian, suite: 'a b' } }\n",
      "wrong-value",
      "1:39",
      "suite",
    ],
    ["a short timeout", "ssh: { connectTimeout: 10ms }\n", "wrong-value", "1:8", "10ms"],
    ["a percentage", "maxUnavailable: 0%\n", "wrong-value", "1:1", "0%"],
    ["a CIDR", "clusterCIDR: 10.200.0.1/16\n", "wrong-value", "1:14", "10.200.0.1/16"],
    ["a relative target", "files: { etc/x: a }\n", "wrong-value", "1:10", "etc/x"],
    ["a target with ..", "files: { /etc/../x: a }\n", "wrong-value", "1:10", "/etc/../x"],
    ["a source outside", "files: { /etc/x: ../a }\n", "outside-directory", "1:10", "../a"],
    [
      "an absolute source",
      "files: { /etc/x: /etc/passwd }\n",
      "outside-directory",
      "1:10",
      "passwd",
    ],
    ["a mode", 'files: { /etc/x: { from: a, mode: "9" } }\n', "wrong-value", "1:29", '"9"'],
    ["no source", 'files: { /etc/x: { mode: "0600" } }\n', "missing-key", "1:10", "from"],
  ])("refuses %s with its place", (_name, text, code, place, words) => {
    const { problems } = parse(text);
    const errors = problems.filter((problem) => problem.severity === "error");
    expect(errors.length).toBeGreaterThan(0);
    if (code !== "") expect(errors[0]?.code).toBe(code);
    const at = errors[0]?.locations[0];
    expect(`${at?.line}:${at?.column}`).toStartWith(place);
    expect(JSON.stringify(errors)).toContain(JSON.stringify(words).slice(1, -1));
  });

  test("keeps the defaults where the file has errors", () => {
    expect(parse("routes: 7\n").settings).toBe(DEFAULT_SETTINGS);
  });
});
