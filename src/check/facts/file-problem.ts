import type { Problem } from "../../base/mod.ts";
export interface FileProblem {
  readonly kind: FileKind;
  readonly problem: Problem;
}

/** Which program's file a problem was found in. */
export type FileKind =
  | "cni"
  | "containerd"
  | "kubelet"
  /** Flags of the kubelet that set what its file has a key for. */
  | "kubelet-flags"
  | "kube-proxy"
  | "kube-proxy-flags"
  | "kubeconfig"
  | "unit"
  /** config.yaml of a distribution whose one service runs all parts. */
  | "distribution"
  | "certificate";
