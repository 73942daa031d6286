import { describe, expect, test } from "bun:test";
import type { PlainValue } from "../../config/mod.ts";
import { applyEdits } from "./mod.ts";

interface Case {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly path: readonly (string | number)[];
  readonly set?: PlainValue;
  /** Undefined: refused. */
  readonly want: string | undefined;
}

const YAML = `# kubelet
kind: KubeletConfiguration
authentication: # who
  anonymous:
    enabled: true # no
  x509: {}
cgroupDriver: 'cgroupfs'
clusterDNS:
  - "10.32.0.10"
  - "10.32.0.11"
maxPods: 16
`;
const TOML = `# containerd
version = 2

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "a" # pause

  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"

[metrics]
`;
const UNIT = `# unit
[Unit]
After=containerd.service \\
  network.target

[Service]
ExecStart=/bin/containerd
Type=simple
Type=simple
# last
`;
const JSON_TEXT = `{
  "cniVersion": "1.0.0",
  "plugins": [
    { "type": "bridge", "ipMasq": true }
  ]
}
`;
const yaml = { file: "configs/kubelet-config.yaml", text: YAML };
const toml = { file: "configs/containerd-config.toml", text: TOML };
const unit = { file: "units/containerd.service", text: UNIT };
const json = { file: "configs/10-bridge.conflist", text: JSON_TEXT };
const CRI = "io.containerd.grpc.v1.cri";

const CASES: readonly Case[] = [
  {
    ...yaml,
    name: "YAML: a value, its comment kept",
    path: ["authentication", "anonymous", "enabled"],
    set: false,
    want: YAML.replace("enabled: true # no", "enabled: false # no"),
  },
  {
    ...yaml,
    name: "YAML: a quoted value, its quotes kept",
    path: ["cgroupDriver"],
    set: "systemd",
    want: YAML.replace("'cgroupfs'", "'systemd'"),
  },
  {
    ...yaml,
    name: "YAML: an item of a list",
    path: ["clusterDNS", 1],
    set: "10.32.0.12",
    want: undefined,
  },
  {
    ...yaml,
    name: "YAML: a new key at the end",
    path: ["failCgroupV1"],
    set: false,
    want: `${YAML}failCgroupV1: false\n`,
  },
  {
    ...yaml,
    name: "YAML: a new key in a nested map",
    path: ["authentication", "webhook", "enabled"],
    set: true,
    want: YAML.replace("  x509: {}\n", "  x509: {}\n  webhook:\n    enabled: true\n"),
  },
  {
    ...yaml,
    name: "YAML: a new key in a map that is written on one line",
    path: ["authentication", "x509", "clientCAFile"],
    set: "/ca",
    want: undefined,
  },
  {
    ...yaml,
    name: "YAML: a list goes whole",
    path: ["clusterDNS"],
    want: YAML.replace(/clusterDNS:\n.*\n.*\n/, ""),
  },
  {
    ...yaml,
    name: "YAML: what is not there is gone already",
    path: ["nothing"],
    want: YAML,
  },
  {
    name: "YAML: below a key without a value",
    file: "a.yaml",
    text: "authorization:\nport: 1\n",
    path: ["authorization", "mode"],
    set: "Webhook",
    want: "authorization:\n  mode: Webhook\nport: 1\n",
  },
  {
    name: "YAML: without a line end at the end of the file",
    file: "a.yaml",
    text: "port: 1",
    path: ["maxPods"],
    set: 110,
    want: "port: 1\nmaxPods: 110\n",
  },
  {
    name: "YAML: a broken file",
    file: "a.yaml",
    text: "a: [",
    path: ["a"],
    set: 1,
    want: undefined,
  },
  {
    ...toml,
    name: "TOML: a value, its comment kept",
    path: ["plugins", CRI, "sandbox_image"],
    set: "b",
    want: TOML.replace('"a" # pause', '"b" # pause'),
  },
  {
    ...toml,
    name: "TOML: a new table",
    path: ["plugins", CRI, "containerd", "runtimes", "runc", "options", "SystemdCgroup"],
    set: true,
    want: `${TOML}\n[plugins."${CRI}".containerd.runtimes.runc.options]\nSystemdCgroup = true\n`,
  },
  {
    ...toml,
    name: "TOML: a new key in a table, with its indentation",
    path: ["plugins", CRI, "containerd", "runtimes", "runc", "snapshotter"],
    set: "overlayfs",
    want: TOML.replace('runc.v2"\n', 'runc.v2"\n    snapshotter = "overlayfs"\n'),
  },
  {
    ...toml,
    name: "TOML: a new key at the top",
    path: ["disabled_plugins"],
    set: ["a", "b"],
    want: TOML.replace("version = 2\n", 'version = 2\ndisabled_plugins = ["a", "b"]\n'),
  },
  { ...toml, name: "TOML: a key goes", path: ["version"], want: TOML.replace("version = 2\n", "") },
  {
    ...unit,
    name: "unit: the last assignment counts",
    path: ["Service", "Type"],
    set: "notify",
    want: UNIT.replace("Type=simple\nType=simple", "Type=simple\nType=notify"),
  },
  {
    ...unit,
    name: "unit: a continued line is replaced whole",
    path: ["Unit", "After"],
    set: ["a.service", "b.service"],
    want: UNIT.replace(/After=[^[]*\n\n/, "After=a.service b.service\n\n"),
  },
  {
    ...unit,
    name: "unit: a new key, before the comments that follow",
    path: ["Service", "Delegate"],
    set: true,
    want: UNIT.replace("Type=simple\n# last", "Type=simple\nDelegate=yes\n# last"),
  },
  {
    ...unit,
    name: "unit: a new section",
    path: ["Install", "WantedBy"],
    set: "multi-user.target",
    want: `${UNIT}\n[Install]\nWantedBy=multi-user.target\n`,
  },
  {
    ...unit,
    name: "unit: all assignments go",
    path: ["Service", "Type"],
    want: UNIT.replace("Type=simple\nType=simple\n", ""),
  },
  {
    ...json,
    name: "JSON: a value in a list",
    path: ["plugins", 0, "ipMasq"],
    set: false,
    want: JSON_TEXT.replace("true", "false"),
  },
  { ...json, name: "an unknown kind of file", file: "a.txt", path: ["a"], set: 1, want: undefined },
];

describe("applyEdits()", () => {
  test.each(CASES)("$name", ({ file, text, path, set, want }) => {
    const edit = { file, path, ...(set === undefined ? {} : { set }) };
    const [edited] = applyEdits([edit], () => text);
    expect(edited?.refused).toEqual(want === undefined ? [edit] : []);
    expect(edited?.after).toBe(want ?? text);
  });

  test("makes each edit once, and a second run changes nothing", () => {
    const edit = { file: unit.file, path: ["Service", "Delegate"], set: true } as const;
    const [once] = applyEdits([edit, { ...edit }], () => UNIT);
    expect(once?.after.match(/Delegate/g)).toHaveLength(1);
    const [twice] = applyEdits([edit], () => once?.after);
    expect(twice?.after).toBe(once?.after ?? "");
  });
});
