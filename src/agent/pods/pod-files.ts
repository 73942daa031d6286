import { chmod, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { atomicWriteFile } from "../../sys/mod.ts";
import type { Container, Pod } from "../api/mod.ts";
import { hostsFile } from "../network/mod.ts";
import type { PodPaths } from "../runtime/pod-paths.ts";

/** Makes a pod's own directories; those that are there stay. */
export async function makePodDirectories(pod: Pod, paths: PodPaths): Promise<void> {
  await mkdir(paths.directory, { recursive: true, mode: 0o750 });
  await mkdir(paths.volumes, { recursive: true, mode: 0o750 });
  await mkdir(paths.logs(pod), { recursive: true, mode: 0o755 });
}

/** Writes /etc/hosts of the pod; the same file serves all its containers. */
export async function writeHostsFile(
  pod: Pod,
  paths: PodPaths,
  options: { readonly podIPs: readonly string[]; readonly clusterDomain: string },
): Promise<void> {
  const nodeHosts = await readFile("/etc/hosts", "utf8").catch(() => "");
  const text = hostsFile(pod, { ...options, nodeHosts });
  // In place: containers that run have this very file mounted.
  if ((await readFile(paths.hostsFile, "utf8").catch(() => "")) === text) return;
  await writeFile(paths.hostsFile, text, { mode: 0o644 });
  await chmod(paths.hostsFile, 0o644);
}

/** An empty file that everybody may write to, for the container's last words. */
export async function makeMessageFile(container: Container, paths: PodPaths): Promise<string> {
  const directory = paths.container(container.name);
  await mkdir(directory, { recursive: true, mode: 0o750 });
  const name = Buffer.from(crypto.getRandomValues(new Uint8Array(4))).toString("hex");
  const file = join(directory, name);
  await atomicWriteFile(file, "", { mode: 0o666 });
  await chmod(file, 0o666);
  return file;
}

/** Where log shippers look: /var/log/containers/POD_NAMESPACE_CONTAINER-ID.log. */
export async function linkLog(
  directory: string,
  link: {
    readonly pod: Pod;
    readonly container: Container;
    readonly id: string;
    readonly log: string;
  },
): Promise<void> {
  const { name, namespace } = link.pod.metadata;
  const prefix = `${name}_${namespace}_${link.container.name}`;
  const suffix = `-${link.id}.log`;
  const path = join(directory, `${prefix.slice(0, 255 - suffix.length)}${suffix}`);
  await mkdir(directory, { recursive: true, mode: 0o755 });
  await rm(path, { force: true });
  await symlink(link.log, path);
}
