import { type Clock, formatProblem, type Logger, messageOf } from "../../base/mod.ts";
import { parseYaml } from "../../config/mod.ts";
import type { Pod } from "../api/mod.ts";
import type { StaticUrl } from "../config/mod.ts";
import type { OnPods } from "./static-directory.ts";
import { parseStaticPod } from "./static-pod.ts";

export interface StaticUrlOptions extends StaticUrl {
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 10_000;
/** A list of all pods that a node can have. */
const MAX_BYTES = 10 * 1024 * 1024;

/**
 * Fetches static pods every `checkMs`: a Pod or a list of them, in YAML or JSON. What cannot be
 * fetched or used changes nothing: the pods of before stay.
 */
export async function pollStaticPods(options: StaticUrlOptions, onPods: OnPods): Promise<void> {
  const { clock, log, signal, url, checkMs } = options;
  let said = "";
  while (!signal.aborted) {
    const found = await fetchPods(options).catch((thrown: unknown) => messageOf(thrown));
    if (signal.aborted) return;
    if (typeof found !== "string") onPods(found);
    // Once for each new reason.
    else if (found !== said) log.error("Cannot use the static pods of a URL", { url, why: found });
    said = typeof found === "string" ? found : "";
    await clock.sleep(checkMs, signal).catch(() => {});
  }
}

/** The pods, or why there are none to be used. */
async function fetchPods(options: StaticUrlOptions): Promise<readonly Pod[] | string> {
  const { url, headers, signal, nodeName } = options;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const response = await fetch(url, {
    headers: new Headers(headers.map(([...pair]) => pair)),
    signal: limit,
  });
  if (response.status !== 200) return `the server answers ${response.status}`;
  const text = await response.text();
  if (text.length > MAX_BYTES) return `the answer is longer than ${MAX_BYTES} bytes`;
  if (text.trim() === "") return "the answer is empty";
  return parsePods(text, url, nodeName);
}

/** Reads a Pod or a list; a list with one that cannot be used is not used at all, as the kubelet has it. */
export function parsePods(text: string, url: string, nodeName: string): readonly Pod[] | string {
  const { value: document, problems } = parseYaml(text, url);
  if (document === undefined) return problems.map(formatProblem).join("\n");
  const items = itemsOf(document.value);
  const texts = items === undefined ? [text] : items.map((item) => JSON.stringify(item));
  const parsed = texts.map((one) => parseStaticPod(one, url, { nodeName, source: "http" }));
  const wrong = parsed.flatMap((one) => (one.ok ? [] : one.error));
  if (wrong.length > 0) return wrong.map(formatProblem).join("\n");
  return parsed.flatMap((one) => (one.ok ? [one.value] : []));
}

function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const isList = "kind" in value && (value.kind === "PodList" || value.kind === "List");
  if (!isList || !("items" in value) || !Array.isArray(value.items)) return undefined;
  // A list's items need not name their kind.
  return value.items.map((item: unknown) =>
    typeof item === "object" ? { apiVersion: "v1", kind: "Pod", ...item } : item,
  );
}
