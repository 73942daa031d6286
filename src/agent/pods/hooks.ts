import type { Clock } from "../../base/mod.ts";
import { type CriClient, execSync } from "../../cri/mod.ts";
import type { Container, LifecycleHandler } from "../api/mod.ts";
import { httpGet } from "../probes/http-get.ts";

export interface HookTarget {
  readonly container: Container;
  readonly containerId: string;
  readonly podIP: string;
}

/** Runs a postStart or preStop handler; rejects where it fails, or with the signal's reason. */
export async function runHook(
  deps: { readonly cri: CriClient; readonly clock: Clock; readonly userAgent: string },
  handler: LifecycleHandler,
  options: HookTarget & { readonly signal: AbortSignal },
): Promise<void> {
  const { container, containerId, podIP, signal } = options;
  if (handler.exec !== undefined) {
    const argv = handler.exec.command ?? [];
    const result = await execSync(deps.cri, { containerId, argv }, { signal });
    if (result.exitCode !== 0) {
      throw new Error(
        `command '${argv.join(" ")}' exited with ${result.exitCode}: ${result.stderr}`,
      );
    }
  } else if (handler.httpGet !== undefined) {
    // cast: IntOrString of the API is a number or a text
    const action = { ...handler.httpGet, port: handler.httpGet.port as number | string };
    const answer = await httpGet(action, { podIP, container, signal, userAgent: deps.userAgent });
    if (answer.status < 200 || answer.status >= 400) {
      throw new Error(`HTTP hook answered ${answer.status}`);
    }
  } else if (handler.sleep !== undefined) {
    await deps.clock.sleep(handler.sleep.seconds * 1000, signal);
  }
}
