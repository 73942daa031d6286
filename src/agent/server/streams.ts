import type { CriClient } from "../../cri/mod.ts";
import { HttpError } from "./http-error.ts";
import type { ContainerPath, PodDirectory } from "./pod-directory.ts";

export interface StreamDeps {
  readonly cri: CriClient;
  readonly pods: PodDirectory;
}

/** Where the runtime takes the stream that a path asks for; undefined where it asks for none. */
export async function streamUrl(deps: StreamDeps, url: URL): Promise<URL | undefined> {
  const [kind = "", ...parts] = url.pathname.split("/").slice(1).map(decodeURIComponent);
  if (kind === "portForward") return await portForward(deps, parts, url.searchParams);
  if (kind !== "exec" && kind !== "attach") return undefined;
  const containerId = deps.pods.runningContainer(containerPath(parts));
  const { searchParams: query } = url;
  const flag = (name: string): boolean => /^(?:1|true)$/.test(query.get(name) ?? "");
  const streams = {
    tty: flag("tty"),
    stdin: flag("input"),
    stdout: flag("output"),
    // With a terminal there is only one output.
    stderr: flag("error") && !flag("tty"),
  };
  if (!streams.stdin && !streams.stdout && !streams.stderr) {
    throw new HttpError(400, "you must specify at least 1 of stdin, stdout, stderr");
  }
  const answer =
    kind === "exec"
      ? await deps.cri.runtime.exec({ containerId, cmd: query.getAll("command"), ...streams })
      : await deps.cri.runtime.attach({ containerId, ...streams });
  return new URL(answer.url);
}

/** NAMESPACE/POD[/UID]/CONTAINER */
export function containerPath(parts: readonly string[]): ContainerPath {
  const [namespace = "", pod = "", third = "", fourth] = parts;
  if (fourth === undefined) return { namespace, pod, container: third };
  return { namespace, pod, uid: third, container: fourth };
}

async function portForward(
  { cri, pods }: StreamDeps,
  parts: readonly string[],
  query: URLSearchParams,
): Promise<URL> {
  const [namespace = "", name = "", uid] = parts;
  const pod = pods.find({ namespace, pod: name, ...(uid === undefined ? {} : { uid }) });
  const labelSelector = { "io.kubernetes.pod.uid": pod.metadata.uid };
  const { items } = await cri.runtime.listPodSandbox({
    filter: { labelSelector, state: { state: 0 } },
  });
  const [sandbox] = [...items].sort((a, b) => Number(b.createdAt - a.createdAt));
  if (sandbox === undefined) throw new HttpError(404, `no sandbox found for pod "${name}"`);
  const port = query.getAll("port").map(Number);
  const { url } = await cri.runtime.portForward({ podSandboxId: sandbox.id, port });
  return new URL(url);
}
