import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../base/mod.ts";
import { type CriClient, CriError } from "../../cri/mod.ts";
import { HttpError } from "./http-error.ts";
import type { ContainerPath } from "./pod-directory.ts";

/** Where a container's checkpoint goes, as the kubelet names it. */
export function checkpointPath(root: string, of: ContainerPath, now: number): string {
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  return join(
    root,
    "checkpoints",
    `checkpoint-${of.pod}_${of.namespace}-${of.container}-${time}.tar`,
  );
}

/** Writes a container's checkpoint; rejects with HttpError 404 where the runtime cannot. */
export async function checkpointContainer(
  cri: CriClient,
  what: { readonly containerId: string; readonly location: string; readonly of: ContainerPath },
  query: URLSearchParams,
): Promise<void> {
  const seconds = query.get("timeout") ?? "0";
  if (!/^\d+$/.test(seconds)) throw new HttpError(400, "cannot parse value of timeout parameter");
  const { containerId, location, of } = what;
  await mkdir(join(location, ".."), { recursive: true, mode: 0o700 });
  try {
    await cri.runtime.checkpointContainer({ containerId, location, timeout: BigInt(seconds) });
  } catch (thrown) {
    const status = thrown instanceof CriError && thrown.code === "UNIMPLEMENTED" ? 404 : 500;
    const path = `${of.namespace}/${of.pod}/${of.container}`;
    throw new HttpError(status, `checkpointing of ${path} failed (${messageOf(thrown)})`);
  }
}
