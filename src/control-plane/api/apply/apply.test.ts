import { describe, expect, test } from "bun:test";
import type { ApiObject, Json, ManagedFieldsEntry } from "../../objects/mod.ts";
import { applyConfig, type Manager, trackUpdate } from "./mod.ts";

const manager = (name: string, operation: Manager["operation"] = "Apply"): Manager => ({
  ...{ name, operation, apiVersion: "apps/v1", subresource: "" },
  ...{ definition: "io.k8s.api.apps.v1.Deployment", now: 0 },
});
const apply = (live: ApiObject | undefined, config: ApiObject, name: string, force = false) =>
  applyConfig(live, config, { manager: manager(name), force });

function deployment(spec: Record<string, unknown>, labels?: Record<string, string>): ApiObject {
  return JSON.parse(
    JSON.stringify({
      kind: "Deployment",
      apiVersion: "apps/v1",
      metadata: { name: "d", labels },
      spec,
    }),
  );
}
const container = (name: string, image: string) => ({ name, image });
const template = (...containers: Json[]) => ({ template: { spec: { containers } } });
const fieldsOf = (object: ApiObject, name: string): unknown =>
  object.metadata.managedFields?.find((entry) => entry.manager === name)?.fieldsV1;

describe("applyConfig()", () => {
  test("writes down what an apply owns, list items by their keys", () => {
    const made = apply(
      undefined,
      deployment({ replicas: 2, ...template(container("c", "a")) }, { x: "y" }),
      "me",
    );
    expect(fieldsOf(made, "me")).toEqual({
      "f:metadata": { "f:labels": { "f:x": {} } },
      "f:spec": {
        "f:replicas": {},
        "f:template": {
          "f:spec": {
            "f:containers": { 'k:{"name":"c"}': { ".": {}, "f:image": {}, "f:name": {} } },
          },
        },
      },
    });
  });

  test("removes what it no longer wants and nobody else owns", () => {
    const first = apply(
      undefined,
      deployment({ replicas: 2, paused: true }, { x: "y", z: "1" }),
      "me",
    );
    const other = apply(first, deployment({ paused: true }), "other");
    const second = apply(other, deployment({ replicas: 2 }, { x: "y" }), "me");
    expect(second.metadata.labels).toEqual({ x: "y" });
    expect(second["spec"]).toEqual({ replicas: 2, paused: true });
  });

  test("refuses to change what another owns, unless it is forced", () => {
    const first = apply(
      undefined,
      deployment({ replicas: 2, ...template(container("c", "a")) }),
      "me",
    );
    const wanted = deployment({ replicas: 3, ...template(container("c", "b")) });
    expect(() => apply(first, wanted, "other")).toThrow(
      'Apply failed with 2 conflicts: conflicts with "me":\n- .spec.replicas\n- .spec.template.spec.containers[name="c"].image',
    );
    const forced = apply(first, wanted, "other", true);
    expect(fieldsOf(forced, "me")).toEqual({
      "f:spec": {
        "f:template": {
          "f:spec": { "f:containers": { 'k:{"name":"c"}': { ".": {}, "f:name": {} } } },
        },
      },
    });
  });

  test("shares a field whose value is the same", () => {
    const first = apply(undefined, deployment({ replicas: 2 }), "me");
    const both = apply(first, deployment({ replicas: 2 }), "other");
    expect(fieldsOf(both, "me")).toEqual({ "f:spec": { "f:replicas": {} } });
    expect(fieldsOf(both, "other")).toEqual({ "f:spec": { "f:replicas": {} } });
  });

  test("keeps items of others in a list of keys, and new ones come after them", () => {
    const first = apply(undefined, deployment(template(container("a", "1"))), "me");
    const second = apply(first, deployment(template(container("b", "1"))), "other");
    expect(second["spec"]).toEqual(template(container("a", "1"), container("b", "1")));
    const third = apply(second, deployment({}), "me");
    expect(third["spec"]).toEqual(template(container("b", "1")));
  });
});

describe("trackUpdate()", () => {
  const names = (entries: readonly ManagedFieldsEntry[]) =>
    entries.map(({ manager: name, operation }) => `${name} ${operation}`);

  test("gives the updater what it has changed, and takes it from the others", () => {
    const live = apply(undefined, deployment({ replicas: 2, paused: true }), "me");
    const after = deployment({ replicas: 3, paused: true }, { a: "b" });
    const entries = trackUpdate(live, after, manager("kubectl", "Update"));
    expect(names(entries)).toEqual(["me Apply", "kubectl Update"]);
    expect(entries[0]?.fieldsV1).toEqual({ "f:spec": { "f:paused": {} } });
    expect(entries[1]?.fieldsV1).toEqual({
      "f:metadata": { "f:labels": { ".": {}, "f:a": {} } },
      "f:spec": { "f:replicas": {} },
    });
  });

  test("counts the oldest of too many updaters as one", () => {
    let object = deployment({ replicas: 0 });
    for (let count = 1; count <= 15; count++) {
      const next = deployment({ replicas: 0 }, { ...object.metadata.labels, [`l${count}`]: "x" });
      const who = { ...manager(`m${count}`, "Update"), now: count * 1000 };
      next.metadata.managedFields = trackUpdate(object, next, who);
      object = next;
    }
    const entries = object.metadata.managedFields ?? [];
    expect(entries).toHaveLength(10);
    expect(names(entries)).toContain("ancient-changes Update");
    expect(names(entries)).toContain("m15 Update");
  });
});
