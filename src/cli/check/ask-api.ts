import { resolve } from "node:path";
import { NodewrightError } from "../../base/mod.ts";
import { collectApi } from "../../bootstrap/sources/mod.ts";
import type { ApiFacts } from "../../check/mod.ts";
import { type ApiConnection, KubeClient, loadConnection } from "../../kube/client/mod.ts";
import type { CliContext } from "../context.ts";

/** The API server's facts, or why there are none: then the rest is checked all the same. */
export interface AskedApi {
  readonly api?: ApiFacts;
  readonly failures?: NodewrightError[];
}

/** A server that says nothing for so long is dead. */
const TIMEOUT_MS = 5_000;

/** Asks the API server of a kubeconfig file. */
export async function askApi(kubeconfig: string, context: CliContext): Promise<AskedApi> {
  const path = resolve(context.process.cwd, kubeconfig);
  return askServer(() => loadConnection(path), context);
}

/** Asks the API server of a connection. */
export async function askServer(
  connect: () => Promise<ApiConnection>,
  context: CliContext,
): Promise<AskedApi> {
  try {
    using client = new KubeClient(await connect(), { timeoutMs: TIMEOUT_MS });
    return { api: await collectApi(client, { signal: context.signal }) };
  } catch (thrown) {
    context.signal.throwIfAborted();
    return { failures: [NodewrightError.from(thrown, "Cannot ask the API server")] };
  }
}
