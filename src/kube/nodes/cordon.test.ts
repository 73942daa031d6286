import { describe, expect, test } from "bun:test";
import { NODES } from "../client/mod.ts";
import { cordonNode, deleteNode, releaseNode, uncordonNode } from "./mod.ts";
import { node, READY, useApiServer } from "./testing/api-fixture.ts";

const api = useApiServer();

describe("cordonNode(), uncordonNode(), deleteNode()", () => {
  test("say whether they changed something", async () => {
    api.server.store.put(NODES, node([READY]));
    expect(await cordonNode(api.client, "node-0")).toBe(true);
    expect(await cordonNode(api.client, "node-0")).toBe(false);
    expect(api.server.store.get(NODES, "node-0")?.spec).toEqual({ unschedulable: true });
    expect(await uncordonNode(api.client, "node-0")).toBe(true);
    expect(await uncordonNode(api.client, "node-0")).toBe(false);
    expect(api.server.store.get(NODES, "node-0")?.spec).toEqual({});
    expect(await deleteNode(api.client, "node-0")).toBe(true);
    expect(await deleteNode(api.client, "node-0")).toBe(false);
  });

  test("a release takes off what was cordoned here, not what a person cordoned", async () => {
    expect(await releaseNode(api.client, "node-0")).toBe(false);
    api.server.store.put(NODES, { ...node([READY]), spec: { unschedulable: true } });
    expect(await cordonNode(api.client, "node-0")).toBe(false);
    expect(await releaseNode(api.client, "node-0")).toBe(false);
    expect(api.server.store.get(NODES, "node-0")?.spec).toEqual({ unschedulable: true });
    await uncordonNode(api.client, "node-0");
    await cordonNode(api.client, "node-0");
    expect(await releaseNode(api.client, "node-0")).toBe(true);
    expect(await releaseNode(api.client, "node-0")).toBe(false);
    expect(api.server.store.get(NODES, "node-0")?.spec).toEqual({});
  });
});
