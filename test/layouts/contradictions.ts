import type { RuleId } from "../../src/check/mod.ts";
import type { Files, Layout } from "./parts.ts";

/** One mistake in a sound tree, and the rule that finds it: this one and no other. */
export interface Contradiction {
  readonly name: string;
  readonly rule: RuleId;
  readonly seed: (files: Files, layout: Layout) => Files;
  /** Absent: for every layout. */
  readonly isFor?: (layout: Layout) => boolean;
}

/** Changes a file of the tree; throws where there is nothing to change. */
function change(files: Files, path: string, what: string | RegExp, by: string): Files {
  const text = files[path];
  const changed = text?.replace(what, () => by);
  if (changed === undefined || changed === text) {
    throw new TypeError(`Nothing to change in ${path}: ${what}`);
  }
  return { ...files, [path]: changed };
}

const without = (files: Files, path: string): Files =>
  Object.fromEntries(Object.entries(files).filter(([name]) => name !== path));

/** Another argument of the kubelet in a drop-in of k3s's or RKE2's configuration. */
const withArgument =
  (argument: string) =>
  (files: Files, { distribution = "" }: Layout): Files => ({
    ...files,
    [`${distribution}.d/20-kubelet.yaml`]: `kubelet-arg+:\n- ${argument}\n`,
  });

export const CONTRADICTIONS: readonly Contradiction[] = [
  {
    name: "runc without systemd's cgroups beside a kubelet with them",
    rule: "NW-A01",
    seed: (files, { containerd }) =>
      change(files, containerd, "SystemdCgroup = true", "SystemdCgroup = false"),
  },
  {
    name: "a misspelt key of the kubelet",
    rule: "NW-C01",
    seed: (files, { kubelet }) =>
      change(files, kubelet, /serverTLSBootstrap|healthzBindAddress/, "healthzBindAdress"),
  },
  {
    name: "an authority of the kubelet's clients that is not there",
    rule: "NW-C08",
    seed: (files, { kubelet }) => change(files, kubelet, /\/[\w/-]+ca\.crt/, "/etc/none/other.pem"),
  },
  {
    name: "a kubelet that requires Docker",
    rule: "NW-M04",
    seed: (files, { kubeletUnit }) =>
      change(files, kubeletUnit, "[Unit]\n", "[Unit]\nRequires=docker.service\n"),
  },
  {
    name: "swap at the next boot",
    rule: "NW-C04",
    // k3s and RKE2 let the kubelet run with swap.
    isFor: ({ distribution }) => distribution === undefined,
    seed: (files) => ({
      ...files,
      "/etc/fstab": `${files["/etc/fstab"] ?? ""}/dev/vda2 none swap sw 0 0\n`,
    }),
  },
  {
    name: "a plugin of the network that is not installed",
    rule: "NW-D07",
    seed: (files, { cniBin }) => without(files, `${cniBin}/portmap`),
  },
  {
    name: "a second network behind the first",
    rule: "NW-D02",
    seed: (files, { cniConf }) => ({
      ...files,
      [`${cniConf.slice(0, cniConf.lastIndexOf("/"))}/20-left.conflist`]:
        '{"name":"left","cniVersion":"1.0.0","plugins":[{"type":"bridge","ipam":{"type":"host-local","ranges":[[{"subnet":"10.85.0.0/24"}]]}}]}',
    }),
  },
  {
    name: "CRI that is disabled",
    rule: "NW-A06",
    seed: (files, { containerd }) => {
      const text = files[containerd] ?? "";
      const plugin = text.includes("version = 3")
        ? "io.containerd.cri.v1.runtime"
        : "io.containerd.grpc.v1.cri";
      const entry = `disabled_plugins = ["${plugin}"]\n`;
      const rest = text.replace("disabled_plugins = []\n", "");
      return { ...files, [containerd]: `${entry}${rest}` };
    },
  },
  {
    name: "another name than the certificate's",
    rule: "NW-C10",
    // k3s and RKE2 ask for new certificates at each start.
    isFor: ({ distribution }) => distribution === undefined,
    seed: (files) => ({ ...files, "/etc/hostname": "node-7\n" }),
  },
  {
    name: "a network configuration that is cut off",
    rule: "NW-D04",
    seed: (files, { cniConf }) => ({ ...files, [cniConf]: (files[cniConf] ?? "").slice(0, -9) }),
  },
  {
    name: "an argument that the kubelet does not know",
    rule: "NW-C03",
    isFor: ({ distribution }) => distribution !== undefined,
    seed: withArgument("max-pod=200"),
  },
  {
    name: "an argument with half a threshold",
    rule: "NW-C23",
    isFor: ({ distribution }) => distribution !== undefined,
    seed: withArgument("eviction-hard=memory.available"),
  },
];
