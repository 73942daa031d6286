import type { ServerResponse } from "node:http";
import type { Clock } from "../../base/mod.ts";
import { ContainerState, type CriClient, type LogLine, readLogs } from "../../cri/mod.ts";
import { HttpError } from "./http-error.ts";

/** The API's PodLogOptions, out of a query. */
export interface LogOptions {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tail?: number;
  readonly sinceMs?: number;
  readonly limitBytes?: number;
  readonly stream?: "stdout" | "stderr";
}

/** @throws HttpError 422 for values that are none */
export function parseLogOptions(query: URLSearchParams, now: number): LogOptions {
  const number = (name: string): number | undefined => {
    const text = query.get(name);
    if (text === null || text === "") return undefined;
    if (!/^\d+$/.test(text)) throw new HttpError(422, `{"message": "Invalid request."}`);
    return Number(text);
  };
  const flag = (name: string): boolean => /^(?:true|1)$/.test(query.get(name) ?? "");
  const tail = query.get("tail") === "all" ? undefined : (number("tailLines") ?? number("tail"));
  const seconds = number("sinceSeconds");
  const time = query.get("sinceTime");
  const sinceMs =
    seconds !== undefined ? now - seconds * 1000 : time ? Date.parse(time) : undefined;
  const limitBytes = number("limitBytes");
  const stream = query.get("stream");
  return {
    ...{ follow: flag("follow"), previous: flag("previous"), timestamps: flag("timestamps") },
    ...(tail === undefined ? {} : { tail }),
    ...(sinceMs === undefined || Number.isNaN(sinceMs) ? {} : { sinceMs }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(stream === "Stdout" ? { stream: "stdout" as const } : {}),
    ...(stream === "Stderr" ? { stream: "stderr" as const } : {}),
  };
}

/** Writes a container's log until its end, or for as long as both sides stay, with `follow`. */
export async function writeLogs(
  deps: { readonly cri: CriClient; readonly clock: Clock },
  request: {
    readonly containerId: string;
    readonly options: LogOptions;
    readonly response: ServerResponse;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { containerId, options, response, signal } = request;
  const { status } = await deps.cri.runtime.containerStatus({ containerId });
  const isLive = async (): Promise<boolean> => {
    const now = await deps.cri.runtime.containerStatus({ containerId }).catch(() => undefined);
    return now?.status?.state === ContainerState.CONTAINER_RUNNING;
  };
  response.writeHead(200, { "content-type": "text/plain" });
  response.flushHeaders();
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  const { follow, tail, sinceMs } = options;
  const lines = readLogs(status?.logPath ?? "", {
    ...{ follow, isLive, signal, clock: deps.clock },
    ...(tail === undefined ? {} : { tail }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
  });
  for await (const line of lines) {
    if (options.stream !== undefined && line.stream !== options.stream) continue;
    const bytes = format(line, options.timestamps).subarray(0, left);
    left -= bytes.length;
    if (!response.write(bytes)) await drained(response, signal);
    if (left <= 0) break;
  }
  response.end();
}

function format(line: LogLine, timestamps: boolean): Buffer {
  const time = timestamps ? `${line.timestamp} ` : "";
  return Buffer.from(`${time}${line.text}${line.isComplete ? "\n" : ""}`);
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    response.once("drain", resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
