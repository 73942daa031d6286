import { NodewrightError } from "../../base/mod.ts";
import { KubeClient } from "../../kube/client/mod.ts";
import type { SmokeContext } from "./context.ts";
import { SMOKE_STEPS } from "./steps.ts";

/** A step that has passed. */
export interface PassedStep {
  /** `deployment` */
  readonly step: string;
  /** What was seen: `2 pods, on node-0 and node-1`. */
  readonly seen: string;
  readonly ms: number;
}

/**
 * The tutorial's smoke test, through the API server as its user: each step is reported as it
 * passes; the first that fails ends it. What it makes stays there, and is used again the next time.
 * Rejects with kind "lab", and the step's name.
 */
export async function smokeTest(
  parts: Omit<SmokeContext, "client">,
  onPassed: (step: PassedStep) => void,
): Promise<readonly PassedStep[]> {
  using client = new KubeClient(parts.connection);
  const passed: PassedStep[] = [];
  const { clock } = parts.deps;
  for (const { step, run } of SMOKE_STEPS) {
    const startedMs = clock.now();
    let seen: string;
    try {
      seen = await run({ ...parts, client });
    } catch (thrown) {
      parts.deps.signal?.throwIfAborted();
      const cause = NodewrightError.from(thrown, "");
      throw new NodewrightError("lab", `The smoke test fails at "${step}": ${cause.message}`, {
        ...(cause.detail === undefined ? {} : { detail: cause.detail }),
        ...(cause.fix === undefined ? {} : { fix: cause.fix }),
        cause,
      });
    }
    const result = { step, seen, ms: clock.now() - startedMs };
    passed.push(result);
    onPassed(result);
  }
  return passed;
}
