import { readFile } from "node:fs/promises";
import { join } from "node:path";
import etcdUnit from "./files/etcd.service" with { type: "text" };
import apiServerUnit from "./files/kube-apiserver.service" with { type: "text" };
import controllerManagerUnit from "./files/kube-controller-manager.service" with { type: "text" };
import schedulerUnit from "./files/kube-scheduler.service" with { type: "text" };
import schedulerConfig from "./files/kube-scheduler.yaml" with { type: "text" };
import builtinUnit from "./files/nodewright-control-plane.service" with { type: "text" };
import type { MachineFile } from "./machine-files.ts";
import type { OfficialProgram } from "./official-programs.ts";

/** A program of the control plane, and the files that it reads: a change of one restarts it. */
export interface ControlPlanePart {
  /** `kube-apiserver.service` */
  readonly unit: string;
  readonly files: readonly MachineFile[];
}

const BIN = "/usr/local/bin";
const UNITS = "/etc/systemd/system";
const DATA = "/var/lib/kubernetes";

/** What each program reads of the cluster directory's files; all of them are for root alone. */
const CLUSTER_FILES: Readonly<Record<OfficialProgram, readonly string[]>> = {
  etcd: [],
  "kube-apiserver": [
    "ca.crt",
    "kube-api-server.crt",
    "kube-api-server.key",
    "service-accounts.crt",
    "service-accounts.key",
    "encryption-config.yaml",
  ],
  "kube-controller-manager": [
    "ca.crt",
    "ca.key",
    "service-accounts.key",
    "kube-controller-manager.kubeconfig",
  ],
  "kube-scheduler": ["kube-scheduler.kubeconfig"],
};

const BUILTIN_FILES = [
  "ca.crt",
  "ca.key",
  "kube-api-server.crt",
  "kube-api-server.key",
  "service-accounts.crt",
  "service-accounts.key",
] as const;

const UNIT_TEXTS: Readonly<Record<OfficialProgram, string>> = {
  etcd: etcdUnit,
  "kube-apiserver": apiServerUnit,
  "kube-controller-manager": controllerManagerUnit,
  "kube-scheduler": schedulerUnit,
};

/** The official programs with the tutorial's units, places and flags, in the order of their start. */
export async function officialParts(
  programs: ReadonlyMap<OfficialProgram, string>,
  clusterDir: string,
): Promise<ControlPlanePart[]> {
  const parts: ControlPlanePart[] = [];
  for (const [name, file] of programs) {
    const config: MachineFile = {
      path: "/etc/kubernetes/config/kube-scheduler.yaml",
      mode: 0o644,
      content: { text: schedulerConfig },
    };
    parts.push({
      unit: `${name}.service`,
      files: [
        { path: `${BIN}/${name}`, mode: 0o755, content: { file } },
        { path: `${UNITS}/${name}.service`, mode: 0o644, content: { text: UNIT_TEXTS[name] } },
        ...(name === "kube-scheduler" ? [config] : []),
        ...(await clusterFiles(clusterDir, CLUSTER_FILES[name])),
      ],
    });
  }
  return parts;
}

/** nodewright's own control plane, one program that is all of it, at its machine's address. */
export async function builtinParts(
  executable: string,
  clusterDir: string,
  address: string,
): Promise<ControlPlanePart[]> {
  const text = builtinUnit.replace("SERVER_ADDRESS", address);
  const name = "nodewright-control-plane";
  return [
    {
      unit: `${name}.service`,
      files: [
        { path: `${BIN}/${name}`, mode: 0o755, content: { file: executable } },
        { path: `${UNITS}/${name}.service`, mode: 0o644, content: { text } },
        ...(await clusterFiles(clusterDir, BUILTIN_FILES)),
      ],
    },
  ];
}

async function clusterFiles(clusterDir: string, names: readonly string[]): Promise<MachineFile[]> {
  return Promise.all(
    names.map(async (name) => ({
      path: `${DATA}/${name}`,
      mode: 0o600,
      content: { text: await readFile(join(clusterDir, name), "utf8") },
    })),
  );
}
