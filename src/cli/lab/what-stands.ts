import { relative } from "node:path";
import { type LabMachine, type LabResult, labOption } from "../../lab/mod.ts";
import type { CliContext } from "../context.ts";

/** What a person has now, and what to try with it. */
export function whatStands(
  { lab, clusterDir, pods, kubeconfig }: LabResult,
  context: CliContext,
): string[] {
  const { cwd, execPath } = context.process;
  const here = relative(cwd, execPath);
  const nodewright = here.startsWith("..") ? execPath : here;
  const option = labOption(lab.name);
  const [first] = pods;
  const last = pods.at(-1);
  return [
    "",
    "What stands:",
    ...lab.machines.map((one) => {
      const pod = pods.find(({ node }) => node === one.name);
      const runs = pod === undefined ? "" : `  pod ${pod.pod} at ${pod.address}`;
      return `  ${describeMachine(one)}${runs}`;
    }),
    `  cluster directory: ${clusterDir}`,
    ...(kubeconfig === undefined ? [] : [`  kubeconfig: ${kubeconfig}`]),
    "",
    "What to try next:",
    ...(kubeconfig === undefined
      ? []
      : [
          `  ${nodewright} lab kubectl${option} get nodes,pods,services -o wide`,
          `  ${nodewright} lab kubectl${option} scale deployment hello --replicas=4`,
          `  ${nodewright} status -C ${clusterDir}`,
        ]),
    ...(first === undefined || last === undefined
      ? []
      : [
          `  ${nodewright} lab exec${option} ${first.node} -- nodewright cri ps`,
          `  ${nodewright} lab exec${option} ${first.node} -- ping -c 1 ${last.address}`,
          `  ${nodewright} status -C ${clusterDir}`,
          `  edit a file below ${clusterDir}, then: ${nodewright} plan -C ${clusterDir}`,
        ]),
    `  ${nodewright} lab ssh${option} ${lab.machines[0]?.name ?? ""}`,
    `  ${nodewright} lab down${option}`,
  ];
}

function describeMachine(machine: LabMachine): string {
  return [machine.name, machine.address, roleOf(machine)].join("  ");
}

/** What a machine is there for. */
export function roleOf({ podSubnet }: LabMachine): string {
  return podSubnet === undefined ? "control plane" : `pods ${podSubnet}`;
}
