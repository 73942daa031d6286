import type * as core from "kubernetes-types/core/v1";
import type { Container } from "kubernetes-types/core/v1";
import { formatQuantity, type Quantity } from "../../base/mod.ts";
import type { PersistentVolumeClaim, Pod } from "../../kube/types/mod.ts";
import { containerResources, podResources } from "./pod-resources.ts";
import { parseList, type ResourceList, type ResourceTexts } from "./resource-list.ts";

/** What each object of a namespace may have, as far as it is looked at here. */
export type LimitRange = Pick<core.LimitRange, "spec">;

const ANNOTATION = "kubernetes.io/limit-ranger";

/** A pod whose containers have the defaults of a LimitRange where they say nothing. */
export function withLimitDefaults(pod: Pod, { spec }: LimitRange): Pod {
  const limits = (spec?.limits ?? []).filter(({ type }) => type === "Container");
  const defaults: Defaults = {
    requests: Object.assign({}, ...limits.map(({ defaultRequest }) => defaultRequest)),
    limits: Object.assign({}, ...limits.map((one) => one.default)),
  };
  const notes: string[] = [];
  const { containers, initContainers } = pod.spec;
  const filled = {
    ...pod.spec,
    containers: containers.map((one) => fill(one, defaults, { what: "container", notes })),
    ...(initContainers === undefined
      ? {}
      : {
          initContainers: initContainers.map((one) =>
            fill(one, defaults, { what: "init container", notes }),
          ),
        }),
  };
  if (notes.length === 0) return pod;
  const said = `LimitRanger plugin set: ${notes.join("; ")}`;
  const annotations = { ...pod.metadata.annotations, [ANNOTATION]: said };
  return { ...pod, metadata: { ...pod.metadata, annotations }, spec: filled };
}

interface Defaults {
  readonly requests: ResourceTexts;
  readonly limits: ResourceTexts;
}

function fill(
  container: Container,
  defaults: Defaults,
  { what, notes }: { readonly what: string; readonly notes: string[] },
): Container {
  const { resources = {}, name } = container;
  const parts = (["requests", "limits"] as const).map((part) => {
    const own = resources[part] ?? {};
    const set = Object.keys(defaults[part]).filter((key) => own[key] === undefined);
    const word = part === "requests" ? "request" : "limit";
    if (set.length > 0) notes.push(`${set.sort().join(", ")} ${word} for ${what} ${name}`);
    return [part, { ...defaults[part], ...own }] as const;
  });
  const filled = parts.filter(([, list]) => Object.keys(list).length > 0);
  return { ...container, resources: { ...resources, ...Object.fromEntries(filled) } };
}

/** Why an object is outside of a LimitRange, in upstream's words. */
export function limitBreaches(
  counted: { readonly resource: string; readonly object: object },
  { spec }: LimitRange,
): readonly string[] {
  return (spec?.limits ?? []).flatMap((limit) => {
    switch (limit.type) {
      case "Container":
      case "Pod":
        if (counted.resource !== "pods") return [];
        // cast: the resource says what the object is
        return subjects(counted.object as Pod, limit.type).flatMap((one) => breaches(limit, one));
      case "PersistentVolumeClaim":
        if (counted.resource !== "persistentvolumeclaims") return [];
        return claimBreaches(limit, counted.object as PersistentVolumeClaim); // cast: as above
      default:
        return [];
    }
  });
}

/** What limits are held against: a container, or a pod as a whole. */
interface Subject {
  readonly requests: ResourceList;
  readonly limits: ResourceList;
}

function subjects(pod: Pod, type: string): readonly Subject[] {
  if (type === "Pod") {
    return [{ requests: podResources(pod, "requests"), limits: podResources(pod, "limits") }];
  }
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map((container) => ({
    requests: containerResources(container, "requests"),
    limits: containerResources(container, "limits"),
  }));
}

function breaches(limit: core.LimitRangeItem, subject: Subject): readonly string[] {
  const each = (
    texts: ResourceTexts | undefined,
    check: (name: string, bound: Quantity) => string | undefined,
  ): readonly string[] =>
    [...parseList(texts)].flatMap(([name, bound]) => check(name, bound) ?? []);
  const { type } = limit;
  return [
    ...each(limit.min, (name, bound) => belowMin({ type, name, bound }, subject)),
    ...each(limit.max, (name, bound) => aboveMax({ type, name, bound }, subject)),
    ...each(limit.maxLimitRequestRatio, (name, bound) =>
      aboveRatio({ type, name, bound }, subject),
    ),
  ];
}

interface Bound {
  readonly type: string;
  readonly name: string;
  readonly bound: Quantity;
}

function belowMin({ type, name, bound }: Bound, { requests, limits }: Subject): string | undefined {
  const head = `minimum ${name} usage per ${type} is ${formatQuantity(bound)}`;
  const [request, limit] = [requests.get(name), limits.get(name)];
  if (request === undefined) return `${head}.  No request is specified`;
  if (request.nano < bound.nano) return `${head}, but request is ${formatQuantity(request)}`;
  if (limit === undefined || limit.nano >= bound.nano) return undefined;
  return `${head}, but limit is ${formatQuantity(limit)}`;
}

function aboveMax({ type, name, bound }: Bound, { requests, limits }: Subject): string | undefined {
  const head = `maximum ${name} usage per ${type} is ${formatQuantity(bound)}`;
  const [request, limit] = [requests.get(name), limits.get(name)];
  if (limit === undefined) return `${head}.  No limit is specified`;
  if (limit.nano > bound.nano) return `${head}, but limit is ${formatQuantity(limit)}`;
  if (request === undefined || request.nano <= bound.nano) return undefined;
  return `${head}, but request is ${formatQuantity(request)}`;
}

function aboveRatio(
  { type, name, bound }: Bound,
  { requests, limits }: Subject,
): string | undefined {
  const head = `${name} max limit to request ratio per ${type} is ${formatQuantity(bound)}`;
  const [request, limit] = [requests.get(name), limits.get(name)];
  if (request === undefined || request.nano === 0n) {
    return `${head}, but no request is specified or request is 0`;
  }
  if (limit === undefined || limit.nano === 0n) {
    return `${head}, but no limit is specified or limit is 0`;
  }
  if (limit.nano * 10n ** 9n <= bound.nano * request.nano) return undefined;
  const ratio = Number(limit.nano) / Number(request.nano);
  return `${head}, but provided ratio is ${ratio.toFixed(6)}`;
}

function claimBreaches(
  { type, min, max }: core.LimitRangeItem,
  { spec }: PersistentVolumeClaim,
): readonly string[] {
  const requests = parseList(spec.resources?.requests);
  const tooSmall = [...parseList(min)].flatMap(
    ([name, bound]) => belowMin({ type, name, bound }, { requests, limits: new Map() }) ?? [],
  );
  const tooBig = [...parseList(max)].flatMap(([name, bound]) => {
    const head = `maximum ${name} usage per ${type} is ${formatQuantity(bound)}`;
    const request = requests.get(name);
    if (request === undefined) return [`${head}.  No request is specified`];
    if (request.nano <= bound.nano) return [];
    return [`${head}, but request is ${formatQuantity(request)}`];
  });
  return [...tooSmall, ...tooBig];
}
