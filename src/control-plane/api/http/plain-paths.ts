import { type JsonObject, refusals } from "../../objects/mod.ts";
import {
  aggregatedDiscovery,
  coreVersions,
  groupList,
  oneGroup,
  resourceList,
} from "../discovery/mod.ts";
import { openApiDocument, openApiIndex } from "../openapi/mod.ts";
import type { AnswerForm } from "./media-types.ts";

/** The Kubernetes version whose API this server has. */
export const API_VERSION = { major: "1", minor: "36", gitVersion: "v1.36.2" } as const;

/** What an answer of a path that is no resource is. */
export type PlainAnswer =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "json"; readonly body: unknown; readonly contentType?: string };

const HEALTH_PATHS: ReadonlySet<string> = new Set(["/healthz", "/livez", "/readyz"]);
const DISCOVERY_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Answers health, version and discovery; undefined for every other path. */
export function plainAnswer(
  path: string,
  form: AnswerForm,
  serverAddress: string,
): PlainAnswer | undefined {
  if (HEALTH_PATHS.has(path)) return { is: "text", text: "ok" };
  if (path === "/version") return { is: "json", body: versionInfo() };
  if (path === OPENAPI || path.startsWith(`${OPENAPI}/`)) return openApiAnswer(path);
  const [, root, group, version, ...rest] = path.replace(/\/$/, "").split("/");
  if (root !== "api" && root !== "apis") return undefined;
  if (group === undefined && form === "discovery") {
    return { is: "json", body: aggregatedDiscovery(root), contentType: DISCOVERY_TYPE };
  }
  const body = discoveryBody(root, { group, version }, serverAddress);
  if (rest.length > 0 || body === undefined) throw refusals.noSuchResource();
  return { is: "json", body };
}

const OPENAPI = "/openapi/v3";

function openApiAnswer(path: string): PlainAnswer {
  const rest = path.slice(OPENAPI.length + 1);
  const body = rest === "" ? openApiIndex() : openApiDocument(rest);
  if (body === undefined) throw refusals.noSuchResource();
  return { is: "json", body };
}

function discoveryBody(
  root: "api" | "apis",
  { group, version }: { readonly group: string | undefined; readonly version: string | undefined },
  serverAddress: string,
): JsonObject | undefined {
  if (root === "api") {
    if (group === undefined) return coreVersions(serverAddress);
    return version === undefined ? resourceList("", group) : undefined;
  }
  if (group === undefined) return groupList();
  return version === undefined ? oneGroup(group) : resourceList(group, version);
}

function versionInfo(): JsonObject {
  return {
    ...API_VERSION,
    gitCommit: "",
    gitTreeState: "",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: "bun",
    platform: `linux/${process.arch === "x64" ? "amd64" : process.arch}`,
  };
}
