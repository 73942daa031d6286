import { type ApiObject, objectsAt, refusals, type StatusCause, textAt } from "../objects/mod.ts";

/** The kubelet's path, with query, for a pod's log or one of its streams. */
export function podPath(pod: ApiObject, subresource: string, query: URLSearchParams): string {
  const { namespace = "", name = "", uid = "" } = pod.metadata;
  const place = [namespace, name].map(encodeURIComponent).join("/");
  const asked = query.get("container") ?? "";
  const container = (): string => encodeURIComponent(containerName(pod, asked));
  switch (subresource) {
    case "log":
      return withQuery(`/containerLogs/${place}/${container()}`, logQuery(query));
    case "exec":
    case "attach":
      return withQuery(`/${subresource}/${place}/${container()}`, streamQuery(query));
    case "portforward":
      return withQuery(`/portForward/${place}/${encodeURIComponent(uid)}`, portQuery(query));
    default:
      throw refusals.noSuchResource();
  }
}

/** The container that is meant: the asked one, or the only one. */
function containerName(pod: ApiObject, asked: string): string {
  const names = (...fields: string[]): string[] =>
    fields.flatMap((field) => objectsAt(pod, "spec", field)).map((one) => textAt(one, "name"));
  const podName = pod.metadata.name ?? "";
  if (asked !== "") {
    if (names("initContainers", "containers", "ephemeralContainers").includes(asked)) return asked;
    throw refusals.badRequest(`container ${asked} is not valid for pod ${podName}`);
  }
  const containers = names("containers");
  const [first = ""] = containers;
  const inits = names("initContainers");
  if (containers.length === 1) return first;
  const orInit = inits.length === 0 ? "" : ` or one of the init containers: [${inits.join(" ")}]`;
  throw refusals.badRequest(
    `a container name must be specified for pod ${podName}, choose one of: [${containers.join(" ")}]${orInit}`,
  );
}

const COUNTS: readonly (readonly [name: string, least: number])[] = [
  ["sinceSeconds", 1],
  ["tailLines", 0],
  ["limitBytes", 1],
];
const STREAMS = ["All", "Stdout", "Stderr"];

function logQuery(query: URLSearchParams): URLSearchParams {
  const passed = new URLSearchParams();
  const causes: StatusCause[] = [];
  for (const name of ["follow", "previous", "timestamps"]) {
    if (isTrue(query.get(name))) passed.set(name, "true");
  }
  for (const [name, least] of COUNTS) {
    const value = query.get(name);
    if (value === null || value === "") continue;
    if (/^-?\d+$/.test(value) && Number(value) >= least) passed.set(name, value);
    else causes.push(cause(name, value, `must be greater than or equal to ${least}`));
  }
  const since = query.get("sinceTime") ?? "";
  if (since !== "" && Number.isNaN(Date.parse(since))) {
    causes.push(cause("sinceTime", since, "must be a time as in RFC 3339"));
  } else if (since !== "") passed.set("sinceTime", since);
  if (since !== "" && passed.has("sinceSeconds")) {
    causes.push(
      cause("sinceSeconds", since, "at most one of sinceTime or sinceSeconds may be specified"),
    );
  }
  const stream = query.get("stream") ?? "";
  if (stream !== "" && !STREAMS.includes(stream)) {
    causes.push(cause("stream", stream, `supported values: ${STREAMS.join(", ")}`));
  } else if (stream !== "") passed.set("stream", stream);
  if (causes.length > 0) {
    throw refusals.invalid({ group: "", resource: "PodLogOptions", name: "" }, causes);
  }
  return passed;
}

function cause(field: string, value: string, why: string): StatusCause {
  const message = `Invalid value: ${JSON.stringify(value)}: ${why}`;
  return { field, message, reason: "FieldValueInvalid" };
}

/** The kubelet's own names of the streams. */
const STREAM_NAMES = [
  ["stdin", "input"],
  ["stdout", "output"],
  ["stderr", "error"],
  ["tty", "tty"],
] as const;

function streamQuery(query: URLSearchParams): URLSearchParams {
  const passed = new URLSearchParams();
  for (const [name, theirs] of STREAM_NAMES) {
    if (isTrue(query.get(name))) passed.set(theirs, "1");
  }
  for (const word of query.getAll("command")) passed.append("command", word);
  return passed;
}

function portQuery(query: URLSearchParams): URLSearchParams {
  const ports = query.getAll("ports").filter((port) => port !== "");
  return new URLSearchParams(ports.length === 0 ? {} : { port: ports.join(",") });
}

function isTrue(value: string | null): boolean {
  return value !== null && /^(?:true|1|t|True|TRUE|T)$/.test(value);
}

function withQuery(path: string, query: URLSearchParams): string {
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}
