import { join } from "node:path";
import type { Pod } from "../api/mod.ts";
import type { AgentPaths } from "../config/mod.ts";

/** Where a pod's files are: the kubelet's own layout. */
export class PodPaths {
  readonly #paths: AgentPaths;
  readonly uid: string;

  constructor(paths: AgentPaths, uid: string) {
    this.#paths = paths;
    this.uid = uid;
  }

  get directory(): string {
    return join(this.#paths.root, "pods", this.uid);
  }
  get hostsFile(): string {
    return join(this.directory, "etc-hosts");
  }
  get volumes(): string {
    return join(this.directory, "volumes");
  }
  /** A volume of a plugin, whose slashes become tildes. */
  volume(plugin: string, name: string): string {
    return join(this.volumes, plugin.replaceAll("/", "~"), name);
  }
  get subpaths(): string {
    return join(this.directory, "volume-subpaths");
  }
  /** Where a container's termination messages are. */
  container(name: string): string {
    return join(this.directory, "containers", name);
  }
  logs(pod: Pod): string {
    const { name, namespace, uid } = pod.metadata;
    return join(this.#paths.podLogs, `${namespace}_${name}_${uid}`);
  }
}
