import http from "node:http";
import https from "node:https";
import type { Container } from "../api/mod.ts";

/** An HTTP probe or hook of the spec. */
export interface HttpGetAction {
  readonly path?: string;
  readonly port: number | string;
  readonly host?: string;
  readonly scheme?: string;
  readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
}

export interface HttpGetOptions {
  /** Where the pod is, if the action names no host. */
  readonly podIP: string;
  readonly container: Container;
  readonly userAgent: string;
  readonly signal: AbortSignal;
}

/** An answer; the body is cut after 10 KiB. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** A redirect that was not followed because it leads to another host. */
  readonly leavesHost: boolean;
}

const MAX = { redirects: 10, body: 10 * 1024 } as const;

/** GETs what a probe or hook names; certificates are not verified. Redirects stay on the host. */
export async function httpGet(action: HttpGetAction, options: HttpGetOptions): Promise<HttpAnswer> {
  let url = actionUrl(action, options);
  for (let hops = 0; ; hops++) {
    const answer = await get(url, action, options);
    const isRedirect = answer.status >= 300 && answer.status < 400;
    if (!isRedirect || answer.location === undefined) return { ...answer, leavesHost: false };
    const next = new URL(answer.location, url);
    if (next.hostname !== url.hostname) return { ...answer, leavesHost: true };
    if (hops >= MAX.redirects) throw new Error(`stopped after ${MAX.redirects} redirects`);
    url = next;
  }
}

/** The URL of an action; a port may be the name of one of the container's. */
export function actionUrl(
  action: HttpGetAction,
  { podIP, container }: Pick<HttpGetOptions, "podIP" | "container">,
): URL {
  const scheme = (action.scheme ?? "HTTP").toLowerCase();
  const host = action.host === undefined || action.host === "" ? podIP : action.host;
  const port = portNumber(action.port, container);
  const path = (action.path ?? "").replace(/^\//, "");
  return new URL(`${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}/${path}`);
}

/** A port by its number or its name in the container. */
export function portNumber(port: number | string, container: Container): number {
  if (typeof port === "number") return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  const number = named ?? Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) {
    throw new Error(`invalid port: ${port}`);
  }
  return number;
}

function get(
  url: URL,
  action: HttpGetAction,
  options: HttpGetOptions,
): Promise<{ status: number; body: string; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = {
      "user-agent": options.userAgent,
      accept: "*/*",
      connection: "close",
    };
    for (const { name, value } of action.httpHeaders ?? []) headers[name.toLowerCase()] = value;
    const request = { headers, signal: options.signal, agent: false as const };
    const onAnswer = (answer: http.IncomingMessage): void => {
      let body = "";
      const finish = (): void =>
        resolve({ status: answer.statusCode ?? 0, body, location: answer.headers.location });
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => {
        body = (body + chunk).slice(0, MAX.body);
        if (body.length >= MAX.body) {
          finish();
          answer.destroy();
        }
      });
      answer.on("end", finish);
      answer.on("error", reject);
    };
    const sent =
      url.protocol === "https:"
        ? https.request(url, { ...request, rejectUnauthorized: false }, onAnswer)
        : http.request(url, request, onAnswer);
    sent.on("error", reject);
    sent.end();
  });
}
