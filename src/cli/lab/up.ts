import { resolve } from "node:path";
import { type Command, Option } from "@commander-js/extra-typings";
import {
  DEFAULT_LAB,
  LAB_CNI,
  type LabClusterOptions,
  type LabControlPlane,
  type LabSteps,
  labClusterUp,
  labOption,
  labWorkers,
} from "../../lab/mod.ts";
import type { CliContext } from "../context.ts";
import { integerOption } from "../option-parsers.ts";
import { labDepsOf } from "./lab-deps.ts";
import { whatStands } from "./what-stands.ts";

const DEFAULT_NODES = 2;

/** `lab up`. */
export function defineUp(command: Command, context: CliContext, steps: LabSteps | undefined): void {
  command
    .command("up")
    .description("make the lab, or what is missing of it")
    .option("--nodes <n>", "how many worker machines", integerOption(1), DEFAULT_NODES)
    .option("--name <name>", "the lab's name, where there are several", DEFAULT_LAB)
    .option("--nat", "let the machines reach the internet through this host")
    .option("--cluster <dir>", "where to write the cluster directory; default: inside of the lab")
    .option("--mirror <url>", "the Debian mirror that the machines' packages come from")
    .addOption(
      new Option("--cni <source>", "whose CNI plugins: nodewright's own or Debian's package")
        .choices(LAB_CNI)
        .default("builtin" as const),
    )
    .option(
      "--control-plane <what>",
      "builtin: nodewright's own; none; or a directory with the official etcd, kube-apiserver, kube-controller-manager and kube-scheduler",
      "builtin",
    )
    .option("--kubelet <dir>", "the official kubelet of this directory instead of nodewright's own")
    .option("--machines-only", "no control plane, and nothing installed on the machines")
    .action(async (options) => {
      context.afterInterrupt = `run the same command again: it goes on from what was done; or take it down: nodewright lab down${labOption(options.name)}`;
      const target = await labClusterUp(
        labDepsOf(context),
        {
          name: options.name,
          nodes: options.nodes,
          cni: options.cni,
          ...(options.nat === undefined ? {} : { nat: options.nat }),
          ...(options.mirror === undefined ? {} : { mirror: options.mirror }),
          ...pathOptions(context, options),
        },
        options.machinesOnly === true ? undefined : steps,
      );
      if (context.json) {
        const { lab, clusterDir, pods, kubeconfig = null } = target;
        const { name, machines } = lab;
        context.out.json({ kind: "lab", name, clusterDir, kubeconfig, machines, pods });
        return;
      }
      for (const line of whatStands(target, context)) context.out.line(line);
      const workers = labWorkers(target.lab).length;
      if (workers > options.nodes) {
        context.out.note(
          `The lab keeps its ${workers} worker machines: --nodes adds and takes none away. Fewer: nodewright lab down${labOption(options.name)}, then up`,
        );
      }
    });
}

function controlPlaneOption(what: string, { process }: CliContext): LabControlPlane {
  if (what === "none") return { kind: "none" };
  if (what === "builtin") return { kind: "builtin", executable: process.execPath };
  return { kind: "official", dir: resolve(process.cwd, what) };
}

/** The options that are paths, from the directory that nodewright was called in. */
function pathOptions(
  context: CliContext,
  given: {
    readonly cluster?: string;
    readonly controlPlane: string;
    readonly kubelet?: string;
    readonly machinesOnly?: true;
  },
): Pick<LabClusterOptions, "clusterDir" | "controlPlane" | "kubeletDir"> {
  const at = (path: string): string => resolve(context.process.cwd, path);
  const { cluster, kubelet } = given;
  const controlPlane = given.machinesOnly === true ? "none" : given.controlPlane;
  return {
    ...(cluster === undefined ? {} : { clusterDir: at(cluster) }),
    controlPlane: controlPlaneOption(controlPlane, context),
    ...(kubelet === undefined ? {} : { kubeletDir: at(kubelet) }),
  };
}
