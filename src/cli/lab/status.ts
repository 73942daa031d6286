import type { Command } from "@commander-js/extra-typings";
import {
  type ClusterState,
  defaultClusterDir,
  type LabStatus,
  labClusterState,
  labStatus,
} from "../../lab/mod.ts";
import type { CliContext } from "../context.ts";
import { labDepsOf } from "./lab-deps.ts";
import { roleOf } from "./what-stands.ts";

interface Status extends LabStatus {
  /** Undefined where the lab has no control plane. */
  readonly cluster: ClusterState | undefined;
}

/** `lab status`. */
export function defineStatus(command: Command, context: CliContext): void {
  command
    .command("status")
    .description("the labs of this host, their machines and clusters")
    .action(async () => {
      const found = await labStatus(labDepsOf(context));
      const labs = await Promise.all(
        found.map(async (one) => ({ ...one, cluster: await labClusterState(one.lab) })),
      );
      if (context.json) context.out.json({ kind: "labs", labs: labs.map(statusDocument) });
      else if (labs.length === 0) context.out.line("no lab");
      for (const one of context.json ? [] : labs)
        for (const line of statusLines(one)) context.out.line(line);
    });
}

function statusDocument({ lab, machines, cluster }: Status): unknown {
  return { ...lab, clusterDir: defaultClusterDir(lab), machines, cluster: cluster ?? null };
}

function statusLines({ lab, machines, cluster }: Status): string[] {
  const head = `${lab.name}: ${lab.bridge} ${lab.subnet}, this host is ${lab.jumpboxAddress}${lab.nat ? ", NAT" : ""}`;
  const rows = machines.map((one) =>
    ["", one.name, one.state, one.address, roleOf(one)].join("  "),
  );
  return [head, ...rows, ...(cluster === undefined ? [] : clusterLines(cluster))];
}

function clusterLines({ server, kubeconfig, version, problem, nodes }: ClusterState): string[] {
  const api = problem === undefined ? `Kubernetes ${version}` : `no answer: ${problem}`;
  return [
    `  API server ${server}  ${api}`,
    ...nodes.map(({ name, isReady, kubelet }) =>
      ["", `Node ${name}`, isReady ? "Ready" : "not ready", kubelet].join("  "),
    ),
    `  kubeconfig: ${kubeconfig}`,
  ];
}
