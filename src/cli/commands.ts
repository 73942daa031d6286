import type { CommandEntry } from "./command.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "init",
    summary: "make a cluster directory with the stock files",
    load: () => import("./init.ts"),
  },
  {
    name: "pki",
    summary: "make, show and renew the CA, certificates and kubeconfigs",
    load: () => import("./pki.ts"),
  },
  {
    name: "render",
    summary: "the files that each node would get",
    load: () => import("./render.ts"),
  },
  {
    name: "check",
    summary: "what contradicts what, before anything starts",
    load: () => import("./check/check.ts"),
  },
  {
    name: "explain",
    summary: "what an option of a node's files does, or what a rule of check means",
    load: () => import("./explain/explain.ts"),
  },
  {
    name: "artifacts",
    summary: "what each component is and where it comes from",
    load: () => import("./artifacts.ts"),
  },
  {
    name: "plan",
    summary: "what apply would change on each node, as a diff",
    load: () => import("./apply/plan.ts"),
  },
  {
    name: "apply",
    summary: "send, install, start, verify; roll back what fails",
    load: () => import("./apply/apply.ts"),
  },
  {
    name: "status",
    summary: "generations, units, versions and drift of the nodes",
    load: () => import("./status.ts"),
  },
  {
    name: "upgrade",
    summary: "take newer binaries to the nodes, one node first, each drained before",
    load: () => import("./apply/upgrade.ts"),
  },
  {
    name: "history",
    summary: "the generations of the nodes: when, what changed, what failed",
    load: () => import("./apply/history.ts"),
  },
  {
    name: "rollback",
    summary: "bring a node back to an earlier generation of its own",
    load: () => import("./apply/rollback.ts"),
  },
  {
    name: "map",
    summary: "the network of the nodes as it is: links, pods, routes, Services",
    load: () => import("./map.ts"),
  },
  {
    name: "logs",
    summary: "the journal of a unit on the nodes",
    load: () => import("./logs.ts"),
  },
  {
    name: "trust",
    summary: "show the host keys of the machines and store them",
    load: () => import("./trust.ts"),
  },
  {
    name: "ssh",
    summary: "a shell or a command on a node, reached as apply reaches it",
    load: () => import("./ssh.ts"),
  },
  {
    name: "verify",
    summary:
      "real pods on each node: addresses, the way to the others, Services, DNS, logs and exec",
    load: () => import("./verify.ts"),
  },
  {
    name: "reset",
    summary: "take it all off again",
    load: () => import("./reset.ts"),
  },
  {
    name: "trace",
    summary: "a pod's way to Ready: each step with its time, and where it is stuck",
    load: () => import("./trace.ts"),
  },
  {
    name: "bundle",
    summary: "one file with everything that a site without a network needs; open it there",
    load: () => import("./bundle.ts"),
  },
  {
    name: "lab",
    summary: "machines on this host, and worker nodes made of them",
    load: () => import("./lab/lab.ts"),
  },
  {
    name: "control-plane",
    summary: "a Kubernetes control plane for trying and testing, in one process",
    load: () => import("./control-plane.ts"),
  },
  {
    name: "cri",
    summary: "pods, containers and images of a node's runtime, in crictl's words",
    load: () => import("./cri.ts"),
  },
  {
    name: "cni",
    summary: "networks of pods: attach, detach, check, trace; install the plugins",
    load: () => import("./cni.ts"),
  },
  {
    name: "install",
    summary: "copy nodewright to /usr/local/bin, with completion and man pages",
    load: () => import("./install/install.ts"),
  },
  {
    name: "completion",
    summary: "print the completion script of a shell",
    load: () => import("./install/completion-command.ts"),
  },
  {
    name: "version",
    summary: "print the version of nodewright, or of everything",
    load: () => import("./version.ts"),
  },
  {
    name: "node",
    summary: "the node server, for nodewright's own use",
    hidden: true,
    load: () => import("./node.ts"),
  },
];
