import { describe, expect, test } from "bun:test";
import { type DesiredNode, planNode } from "../plan/mod.ts";
import { applyNode } from "./apply/apply-node.ts";
import { commitGeneration, rollBackGeneration } from "./apply/roll-back.ts";
import { fileChanges, readHistory, recallGeneration } from "./history.ts";
import type { NodeContext } from "./node-context.ts";
import { observeNode } from "./observe-node.ts";
import { desiredOf, type FakeContent, FakeNode, fileOf, sendBlobs } from "./testing/fake-node.ts";

const CONFIG = "/etc/containerd/config.toml";
const KEY = "/var/lib/kubelet/key.pem";

function content(config: string, rest: readonly FakeContent[] = []): FakeContent[] {
  return [fileOf(CONFIG, config), ...rest];
}

const key = (text: string): FakeContent => ({ ...fileOf(KEY, text, 0o600), sensitive: true });

async function apply(node: NodeContext, files: readonly FakeContent[]): Promise<DesiredNode> {
  const desired = desiredOf([...files]);
  await sendBlobs(node, files);
  await change(node, desired);
  return desired;
}

async function change(node: NodeContext, desired: DesiredNode): Promise<void> {
  const plan = planNode(desired, await observeNode(node, desired));
  const { signal } = new AbortController();
  const { generation } = await applyNode(node, desired, plan, { emit: () => {}, signal });
  await commitGeneration(node, generation);
}

describe("history", () => {
  test("lists generations with what each changed; a return becomes a generation", async () => {
    using fake = new FakeNode();
    const node = await fake.boot();
    const first = await apply(node, content("one"));
    await apply(node, content("two", [fileOf("/etc/more", "more")]));
    const back = await recallGeneration(node, undefined);
    expect(back).toEqual({ generation: 1, desired: first });
    await change(node, back.desired);
    expect(fake.read(CONFIG)).toBe("one");
    const origin = first.files[0]?.origin ?? "";
    expect(await readHistory(node)).toMatchObject([
      {
        id: 3,
        base: 2,
        isCurrent: true,
        isKept: true,
        changes: [
          { path: CONFIG, from: origin, to: origin },
          { path: "/etc/more", to: null },
        ],
      },
      { id: 2, base: 1, isCurrent: false, isKept: true },
      { id: 1, base: null, isKept: true, changes: [{ path: CONFIG, from: null, to: origin }] },
    ]);
    // Returning once more is going forward again.
    expect((await recallGeneration(node, undefined)).generation).toBe(2);
  });

  test("an older generation is kept but for executables and keys that have changed since", async () => {
    using fake = new FakeNode();
    const node = await fake.boot();
    const large = (text: string): FakeContent =>
      fileOf("/bin/runc", text.padEnd(300_000, "x"), 0o755);
    await apply(node, content("one", [large("1")]));
    await apply(node, content("two", [large("1"), key("secret 1")]));
    await apply(node, content("three", [large("1"), key("secret 2")]));
    await apply(node, content("four", [large("1"), key("secret 2")]));
    const kept = async (): Promise<number[]> =>
      (await readHistory(node)).filter(({ isKept }) => isKept).map(({ id }) => id);
    expect(await kept()).toEqual([4, 3, 1]);
    await expect(recallGeneration(node, 2)).rejects.toMatchObject({
      kind: "no-generation",
      message: `Cannot return to generation 2: the node no longer has the content of ${KEY} (test)`,
    });
    await apply(node, content("five", [large("2"), key("secret 2")]));
    await apply(node, content("six", [large("2"), key("secret 2")]));
    expect(await kept()).toEqual([6, 5]);
  });

  test.each([
    { id: undefined, why: "the generation before 1: it is the first" },
    { id: 2, why: "generation 2: it failed and was rolled back" },
    { id: 9, why: "generation 9: the node does not remember it" },
  ])("does not return to $id", async ({ id, why }) => {
    using fake = new FakeNode();
    const node = await fake.boot();
    await apply(node, content("one"));
    const files = content("two");
    await sendBlobs(node, files);
    const desired = desiredOf(files);
    const plan = planNode(desired, await observeNode(node, desired));
    const { signal } = new AbortController();
    await applyNode(node, desired, plan, { emit: () => {}, signal });
    await rollBackGeneration(node, 2, "it does not work", () => {});
    expect((await readHistory(node))[0]).toMatchObject({ state: "failed", isKept: false });
    await expect(recallGeneration(node, id)).rejects.toMatchObject({
      message: expect.stringContaining(why),
    });
  });

  test("a machine that nodewright has not made has none", async () => {
    using fake = new FakeNode();
    const node = await fake.boot();
    expect(await readHistory(node)).toEqual([]);
    await expect(recallGeneration(node, undefined)).rejects.toMatchObject({ fix: "run apply" });
  });

  test("a change of mode alone is a change", () => {
    const [before, after] = [fileOf(CONFIG, "x", 0o644), fileOf(CONFIG, "x", 0o600)];
    expect(fileChanges(desiredOf([before]).files, desiredOf([after]).files)).toHaveLength(1);
    expect(fileChanges(desiredOf([before]).files, desiredOf([before]).files)).toEqual([]);
  });
});
