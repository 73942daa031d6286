import { describe, expect, test } from "bun:test";
import { desiredOf, FakeNode, fileOf } from "../testing/fake-node.ts";
import { currentOf, type GenerationRecord, interruptedOf } from "./store.ts";

const DESIRED = desiredOf([fileOf("/etc/a", "a")]);

function record(
  id: number,
  state: GenerationRecord["state"],
  base: number | null,
): GenerationRecord {
  return {
    id,
    state,
    base,
    startedAtMs: 1,
    toolVersion: "0.1.0",
    desiredDigest: "0".repeat(64),
    desired: DESIRED,
  };
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((thrown: unknown) => thrown);
}

describe("Store", () => {
  test("remembers generations in their order, for root alone", async () => {
    using fake = new FakeNode();
    const { store } = await fake.boot();
    for (const id of [10, 9, 1]) await store.writeGeneration(record(id, "good", null));
    expect((await store.generations()).map(({ id }) => id)).toEqual([1, 9, 10]);
    const tree = fake.tree({ memory: true });
    expect(tree["/var/lib/nodewright"]).toBe("directory 700");
    expect(tree["/var/lib/nodewright/generations/1.json"]).toStartWith("600 ");
  });

  test("reads what an older version wrote, which knew fewer fields", async () => {
    using fake = new FakeNode();
    const { store } = await fake.boot();
    const { images: _images, routes: _routes, ...older } = DESIRED;
    const path = "/var/lib/nodewright/generations/1.json";
    fake.write(path, JSON.stringify({ ...record(1, "good", null), desired: older }));
    expect((await store.generations())[0]?.desired).toEqual(DESIRED);
  });

  test.each([
    { name: "no JSON", text: "{", why: "it is not JSON" },
    { name: "another shape", text: "{}", why: "Invalid input" },
    {
      name: "a field of a newer version",
      text: JSON.stringify({ ...record(1, "good", null), desired: { ...DESIRED, later: 1 } }),
      why: "Unrecognized key",
    },
  ])("says which of its files it cannot understand: $name", async ({ text, why }) => {
    using fake = new FakeNode();
    const { store } = await fake.boot();
    fake.write("/var/lib/nodewright/generations/1.json", text);
    fake.write("/var/lib/nodewright/ledger.json", text);
    expect(await failure(store.generations())).toMatchObject({
      kind: "store-damaged",
      message: expect.stringContaining(`generations/1.json" on the node: `),
    });
    expect(String(await failure(store.generations()))).toContain(why);
    expect(await failure(store.readLedger(0))).toMatchObject({ kind: "store-damaged" });
  });

  test.each<{
    states: GenerationRecord["state"][];
    current: number | undefined;
    interrupted: number | undefined;
  }>([
    { states: [], current: undefined, interrupted: undefined },
    { states: ["applying"], current: undefined, interrupted: 1 },
    { states: ["good", "applying"], current: 1, interrupted: 2 },
    { states: ["good", "failed"], current: 1, interrupted: undefined },
    { states: ["good", "applying", "good"], current: 3, interrupted: undefined },
    { states: ["good", "applying", "failed"], current: 1, interrupted: undefined },
  ])(
    "of $states the current one is $current, interrupted is $interrupted",
    ({ states, current, interrupted }) => {
      const records = states.map((state, i) => record(i + 1, state, null));
      expect(currentOf(records)?.id).toBe(current as never);
      expect(interruptedOf(records)?.id).toBe(interrupted as never);
    },
  );

  test("forgets old records and what no rollback needs", async () => {
    using fake = new FakeNode();
    const { store } = await fake.boot();
    for (let id = 1; id <= 15; id++) await store.writeGeneration(record(id, "good", id - 1));
    fake.write(`/var/lib/nodewright/blobs/${fileOf("/etc/a", "a").digest}`, "a");
    fake.write(`/var/lib/nodewright/blobs/${"1".repeat(64)}`, "old");
    fake.write(`/var/lib/nodewright/blobs/${"2".repeat(64)}.zstd.partial`, "half");
    const bin = "/var/lib/nodewright/bin";
    for (const name of ["a".repeat(64), "b".repeat(64), "checked"]) {
      fake.write(`${bin}/${name}`, "");
    }
    await store.collectGarbage(`${bin}/${"a".repeat(64)}`);
    expect(await fake.disk.list(bin)).toHaveLength(2);
    expect((await store.generations()).map(({ id }) => id)).toEqual([
      6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    ]);
    expect(await fake.disk.list("/var/lib/nodewright/blobs")).toEqual([
      fileOf("/etc/a", "a").digest,
    ]);
  });
});
