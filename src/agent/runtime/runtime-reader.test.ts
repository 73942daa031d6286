import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCriClient } from "../../cri/mod.ts";
import { FakeRuntime } from "../../cri/testing/mod.ts";
import { LABEL } from "./labels.ts";
import { RuntimeReader } from "./runtime-reader.ts";

const directory = mkdtempSync(join(tmpdir(), "nodewright-reader-"));
afterAll(() => rmSync(directory, { recursive: true }));

test("isNews() is false for what read() has seen, and true for every change after it", async () => {
  await using fake = await FakeRuntime.start({ socketPath: join(directory, "cri.sock") });
  using cri = createCriClient({ endpoint: fake.endpoint });
  const reader = new RuntimeReader(cri, async () => "");
  const news = async (): Promise<readonly boolean[]> =>
    [...(await reader.outlines()).values()].map((pod) => reader.isNews(pod));
  const labels = { [LABEL.podUid]: "u", [LABEL.podName]: "p", [LABEL.podNamespace]: "n" };
  const config = {
    metadata: { name: "p", namespace: "n", uid: "u", attempt: 0 },
    ...{ labels, logDirectory: "/logs", linux: {} },
  };
  const { podSandboxId } = await cri.runtime.runPodSandbox({ config, runtimeHandler: "" });
  expect(await news()).toEqual([true]);
  expect((await reader.read("u")).sandboxes).toMatchObject([{ id: podSandboxId, ready: true }]);
  expect(await news()).toEqual([false]);
  await cri.runtime.stopPodSandbox({ podSandboxId });
  expect(await news()).toEqual([true]);
  await reader.read("u");
  expect(await news()).toEqual([false]);
});
