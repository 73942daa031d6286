import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Json, listAt, objectsAt, textAt, valueAt } from "./objects/mod.ts";
import { createTestControlPlane, type TestControlPlane } from "./testing/mod.ts";

let plane: TestControlPlane;
beforeAll(async () => {
  plane = await createTestControlPlane();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

const NAMESPACE = "/api/v1/namespaces/default";
const APPS = "/apis/apps/v1/namespaces/default";
const MERGE = { "content-type": "application/merge-patch+json" };
const APPLY = { "content-type": "application/apply-patch+yaml" };

interface Answer {
  readonly code: number;
  readonly body: Json;
  readonly headers: Headers;
}

async function send(method: string, path: string, options: RequestInit = {}): Promise<Response> {
  const { ca, cert, key } = plane.admin;
  return await fetch(`${plane.url}${path}`, {
    ...{ method, ...options },
    headers: { "content-type": "application/json", ...options.headers },
    tls: { ca: ca ?? "", cert: cert ?? "", key: key?.reveal() ?? "" },
  });
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await send(method, path, {
    headers,
    ...(body === undefined ? {} : { body: text }),
  });
  // cast: every path asked for here answers in JSON
  return {
    code: response.status,
    body: (await response.json()) as Json,
    headers: response.headers,
  };
}

/** The lines of a watch until there are so many. */
async function watched(path: string, count: number): Promise<readonly Json[]> {
  const stop = new AbortController();
  const response = await send("GET", path, { signal: stop.signal });
  const lines: Json[] = [];
  let rest = "";
  for await (const chunk of response.body ?? []) {
    rest += new TextDecoder().decode(chunk);
    const parts = rest.split("\n");
    rest = parts.pop() ?? "";
    // cast: a watch is lines of JSON
    for (const part of parts) lines.push(JSON.parse(part) as Json);
    if (lines.length >= count) break;
  }
  stop.abort();
  return lines;
}

const configMap = (name: string, more: Record<string, unknown> = {}) => ({
  metadata: { name, ...more },
  data: { a: "1" },
});
const pod = (name: string, spec: Record<string, unknown> = {}) => ({
  metadata: { name, labels: { app: name } },
  spec: { containers: [{ name: "c", image: "i" }], ...spec },
});

describe("writing", () => {
  test("a dry run answers as if, and stores nothing", async () => {
    const dry = await call("POST", `${NAMESPACE}/configmaps?dryRun=All`, configMap("dry"));
    expect(dry.code).toBe(201);
    expect((await call("GET", `${NAMESPACE}/configmaps/dry`)).code).toBe(404);
  });

  test("a change that changes nothing gets no revision", async () => {
    const made = await call("POST", `${NAMESPACE}/configmaps`, configMap("same"));
    const again = await call("PATCH", `${NAMESPACE}/configmaps/same`, { data: { a: "1" } }, MERGE);
    expect(textAt(again.body, "metadata", "resourceVersion")).toBe(
      textAt(made.body, "metadata", "resourceVersion"),
    );
  });

  test("a spec's change counts its generation, a status's does not", async () => {
    const template = { metadata: { labels: { a: "b" } }, spec: pod("x").spec };
    const spec = { selector: { matchLabels: { a: "b" } }, template };
    const path = `${APPS}/deployments/gen`;
    await call("POST", `${APPS}/deployments`, { metadata: { name: "gen" }, spec });
    const status = { status: { replicas: 1, observedGeneration: 1 }, spec: { replicas: 9 } };
    const statused = await call("PATCH", `${path}/status`, status, MERGE);
    expect(valueAt(statused.body, "metadata", "generation")).toBe(1);
    expect(valueAt(statused.body, "spec", "replicas")).toBe(1);
    const scaled = await call("PATCH", `${path}/scale`, { spec: { replicas: 3 } }, MERGE);
    expect(textAt(scaled.body, "kind")).toBe("Scale");
    const now = await call("GET", path);
    expect(valueAt(now.body, "metadata", "generation")).toBe(2);
    expect(valueAt(now.body, "spec", "replicas")).toBe(3);
    expect(valueAt(now.body, "status", "replicas")).toBe(1);
  });

  test("an apply makes the object, and another's is refused where it would change it", async () => {
    const config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: applied}\ndata: {a: '1'}\n";
    const path = `${NAMESPACE}/configmaps/applied`;
    const made = await call("PATCH", `${path}?fieldManager=me`, config, APPLY);
    expect(made.code).toBe(201);
    const other = await call(
      "PATCH",
      `${path}?fieldManager=other`,
      config.replace("'1'", "'2'"),
      APPLY,
    );
    expect([other.code, textAt(other.body, "message")]).toEqual([
      409,
      'Apply failed with 1 conflict: conflict with "me": .data.a',
    ]);
    const unnamed = await call("PATCH", path, config, APPLY);
    expect(unnamed.code).toBe(422);
  });

  test("unknown fields are warned about, or refused where that is asked for", async () => {
    const object = { ...configMap("odd"), foo: 1 };
    const warned = await call("POST", `${NAMESPACE}/configmaps`, object);
    expect([warned.code, warned.headers.get("warning")]).toEqual([
      201,
      '299 - "unknown field \\"foo\\""',
    ]);
    const strict = await call("POST", `${NAMESPACE}/configmaps?fieldValidation=Strict`, object);
    expect(textAt(strict.body, "message")).toContain('strict decoding error: unknown field "foo"');
  });

  test("a body of another kind of bytes is refused", async () => {
    const cbor = await call("POST", `${NAMESPACE}/configmaps`, "x", {
      "content-type": "application/cbor",
    });
    expect([cbor.code, textAt(cbor.body, "reason")]).toEqual([415, "UnsupportedMediaType"]);
    const broken = await call("POST", `${NAMESPACE}/configmaps`, "{");
    expect([broken.code, textAt(broken.body, "reason")]).toEqual([400, "BadRequest"]);
  });
});

describe("deleting", () => {
  test("an object with finalizers is marked, and goes with the last of them", async () => {
    const path = `${NAMESPACE}/configmaps/final`;
    await call("POST", `${NAMESPACE}/configmaps`, configMap("final", { finalizers: ["a/b"] }));
    const marked = await call("DELETE", path);
    expect(textAt(marked.body, "metadata", "deletionTimestamp")).not.toBe("");
    const again = await call("POST", `${NAMESPACE}/configmaps`, configMap("final"));
    expect(textAt(again.body, "message")).toBe(
      'object is being deleted: configmaps "final" already exists',
    );
    expect((await call("PATCH", path, { metadata: { finalizers: [] } }, MERGE)).code).toBe(200);
    expect((await call("GET", path)).code).toBe(404);
  });

  test("a pod on a node has its time, which can only be shortened", async () => {
    const path = `${NAMESPACE}/pods/slow`;
    await call("POST", `${NAMESPACE}/serviceaccounts`, { metadata: { name: "default" } });
    await call("POST", `${NAMESPACE}/pods`, pod("slow", { terminationGracePeriodSeconds: 60 }));
    const binding = { metadata: { name: "slow" }, target: { kind: "Node", name: "node-0" } };
    expect((await call("POST", `${path}/binding`, binding)).code).toBe(201);
    const bound = await call("GET", path);
    expect(valueAt(bound.body, "metadata", "generation")).toBe(1);
    expect(textAt((await call("POST", `${path}/binding`, binding)).body, "message")).toContain(
      'pod slow is already assigned to node "node-0"',
    );
    const grace = async (options?: object): Promise<Json | undefined> =>
      valueAt((await call("DELETE", path, options)).body, "metadata", "deletionGracePeriodSeconds");
    expect(await grace()).toBe(60);
    expect(await grace({ gracePeriodSeconds: 90 })).toBe(60);
    expect(await grace({ gracePeriodSeconds: 5 })).toBe(5);
    await call("DELETE", path, { gracePeriodSeconds: 0 });
    expect((await call("GET", path)).code).toBe(404);
  });

  test("an eviction obeys the pod's disruption budget", async () => {
    await call("POST", `${NAMESPACE}/pods`, pod("kept", { nodeName: "node-0" }));
    await call("PATCH", `${NAMESPACE}/pods/kept/status`, { status: { phase: "Running" } }, MERGE);
    const budget = {
      metadata: { name: "b" },
      spec: { selector: { matchLabels: { app: "kept" } } },
    };
    await call("POST", "/apis/policy/v1/namespaces/default/poddisruptionbudgets", budget);
    const allow = (disruptionsAllowed: number) =>
      call(
        ...(["PATCH", "/apis/policy/v1/namespaces/default/poddisruptionbudgets/b/status"] as const),
        { status: { disruptionsAllowed, observedGeneration: 1 } },
        MERGE,
      );
    await allow(0);
    const evict = () =>
      call("POST", `${NAMESPACE}/pods/kept/eviction`, { metadata: { name: "kept" } });
    const refused = await evict();
    expect([refused.code, refused.headers.get("retry-after")]).toEqual([429, "10"]);
    await allow(1);
    expect((await evict()).code).toBe(201);
    const { body } = await call("GET", `${NAMESPACE}/pods/kept`);
    expect(objectsAt(body, "status", "conditions")).toContainEqual(
      expect.objectContaining({ type: "DisruptionTarget", reason: "EvictionByEvictionAPI" }),
    );
  });

  test("a namespace that goes takes nothing new", async () => {
    await call("POST", "/api/v1/namespaces", { metadata: { name: "going" } });
    const marked = await call("DELETE", "/api/v1/namespaces/going");
    expect(textAt(marked.body, "status", "phase")).toBe("Terminating");
    const refused = await call("POST", "/api/v1/namespaces/going/configmaps", configMap("x"));
    expect([refused.code, textAt(refused.body, "message")]).toEqual([
      403,
      'configmaps "x" is forbidden: unable to create new content in namespace going because it is being terminated',
    ]);
    const finalized = { metadata: { name: "going" }, spec: { finalizers: [] } };
    await call("PUT", "/api/v1/namespaces/going/finalize", finalized);
    expect((await call("GET", "/api/v1/namespaces/going")).code).toBe(404);
  });

  test("a collection is deleted by its selector", async () => {
    for (const name of ["d1", "d2"]) {
      await call("POST", `${NAMESPACE}/configmaps`, configMap(name, { labels: { d: "y" } }));
    }
    await call("DELETE", `${NAMESPACE}/configmaps?labelSelector=d%3Dy`);
    const left = await call("GET", `${NAMESPACE}/configmaps?labelSelector=d%3Dy`);
    expect(listAt(left.body, "items")).toEqual([]);
  });
});

describe("reading", () => {
  test("a watch with initial events ends them with a bookmark", async () => {
    await call("POST", `${NAMESPACE}/secrets`, { metadata: { name: "w" }, stringData: { a: "b" } });
    const query =
      "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const [added, bookmark] = await watched(`${NAMESPACE}/secrets?${query}`, 2);
    expect(textAt(added, "type")).toBe("ADDED");
    expect(textAt(added, "object", "data", "a")).toBe("Yg==");
    expect(textAt(bookmark, "type")).toBe("BOOKMARK");
    expect(textAt(bookmark, "object", "metadata", "annotations", "k8s.io/initial-events-end")).toBe(
      "true",
    );
  });

  test("a list from what is forgotten goes on with what is there", async () => {
    for (const name of ["page-a", "page-b"]) {
      await call("POST", `${NAMESPACE}/secrets`, { metadata: { name, labels: { page: "yes" } } });
    }
    const list = `${NAMESPACE}/secrets?labelSelector=page%3Dyes&limit=1`;
    const token = async (at: string): Promise<string> => {
      const { body } = await call("GET", list + at);
      return encodeURIComponent(textAt(body, "metadata", "continue"));
    };
    const first = await token("");
    await call("POST", `${NAMESPACE}/secrets`, { metadata: { name: "later" } });
    plane.running.store.compact(plane.running.store.revision);
    expect((await call("GET", `${list}&continue=${first}`)).code).toBe(410);
    const rest = await call("GET", `${list}&continue=${await token(`&continue=${first}`)}`);
    expect(objectsAt(rest.body, "items").map((item) => textAt(item, "metadata", "name"))).toEqual([
      "page-b",
    ]);
  });

  test("a watch from what is forgotten is told so", async () => {
    plane.running.store.compact(plane.running.store.revision);
    const [error] = await watched(`${NAMESPACE}/configmaps?watch=true&resourceVersion=2`, 1);
    expect([textAt(error, "type"), valueAt(error, "object", "code")]).toEqual(["ERROR", 410]);
  });

  test("tables have kubectl's columns, lists of metadata have nothing else", async () => {
    const accept = (as: string) => ({ accept: `application/json;as=${as};g=meta.k8s.io;v=v1` });
    const table = await call("GET", `${NAMESPACE}/secrets`, undefined, accept("Table"));
    expect(objectsAt(table.body, "columnDefinitions").map(({ name }) => name)).toEqual([
      ...["Name", "Type", "Data", "Age"],
    ]);
    const metadata = await call(
      ...(["GET", `${NAMESPACE}/secrets`, undefined] as const),
      accept("PartialObjectMetadataList"),
    );
    expect(objectsAt(metadata.body, "items").every((item) => item["data"] === undefined)).toBe(
      true,
    );
    const review = { spec: { nonResourceAttributes: { path: "/", verb: "get" } } };
    const reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    expect((await call("POST", reviews, review, accept("Table"))).code).toBe(406);
    const protobuf = { accept: "application/vnd.kubernetes.protobuf" };
    expect((await call("GET", `${NAMESPACE}/secrets`, undefined, protobuf)).code).toBe(406);
  });

  test("an event is served by both of its groups", async () => {
    const event = {
      ...{ metadata: { name: "e" }, regarding: { kind: "Pod", name: "p", namespace: "default" } },
      ...{ eventTime: "2026-12-01T00:00:00.000000Z", reportingController: "a", note: "said" },
      ...{ reportingInstance: "b", action: "c", reason: "R", type: "Normal" },
    };
    const made = await call("POST", "/apis/events.k8s.io/v1/namespaces/default/events", event);
    expect([made.code, textAt(made.body, "note")]).toEqual([201, "said"]);
    const core = await call("GET", `${NAMESPACE}/events/e`);
    expect([textAt(core.body, "message"), textAt(core.body, "involvedObject", "name")]).toEqual([
      ...["said", "p"],
    ]);
  });

  test("discovery and OpenAPI name what is served", async () => {
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    const groups = await call("GET", "/apis", undefined, { accept });
    expect(
      objectsAt(groups.body, "items").map((item) => textAt(item, "metadata", "name")),
    ).toContain("apps");
    const list = await call("GET", "/apis/apps/v1");
    expect(objectsAt(list.body, "resources").map(({ name }) => name)).toContain(
      "deployments/scale",
    );
    const index = await call("GET", "/openapi/v3");
    const url = textAt(index.body, "paths", "apis/apps/v1", "serverRelativeURL");
    const schema = valueAt(
      (await call("GET", url)).body,
      ...["components", "schemas", "io.k8s.api.apps.v1.Deployment"],
    );
    expect(valueAt(schema, "x-kubernetes-group-version-kind")).toEqual([
      { group: "apps", kind: "Deployment", version: "v1" },
    ]);
  });
});
