/**
 * The sandbox image that a containerd uses where its file names none, for versions "1.6.20" or
 * "2.1.9"; undefined for versions that are not known here. From containerd's release notes.
 */
export function defaultSandboxImage(containerdVersion: string): string | undefined {
  const minor = /^v?(\d+\.\d+)(?:\.|$)/.exec(containerdVersion)?.[1];
  const tag = minor === undefined ? undefined : PAUSE_TAGS.get(minor);
  return tag === undefined ? undefined : `registry.k8s.io/pause:${tag}`;
}

const PAUSE_TAGS: ReadonlyMap<string, string> = new Map([
  ["1.6", "3.6"],
  ["1.7", "3.8"],
  ["2.0", "3.10"],
  ["2.1", "3.10"],
  ["2.2", "3.10.1"],
  ["2.3", "3.10.2"],
]);
