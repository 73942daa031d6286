import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stockFiles } from "../bootstrap/stock/mod.ts";
import { DEFAULT_LAB, labOption } from "../lab/mod.ts";
import { runCommandLine } from "./testing/mod.ts";

let dir = "";
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-use-cases-"));
  await runCommandLine(["init", dir]);
  writeFileSync(
    join(dir, "machines.txt"),
    "10.0.0.2 server.k.local server\n10.0.0.10 node-0.k.local node-0 10.200.0.0/24\n",
  );
  await runCommandLine(["pki", dir]);
});
afterAll(() => rmSync(dir, { recursive: true }));

test("use 6: what is told after an interruption is about the lab that was interrupted", () => {
  expect(labOption("other")).toBe(" --name other");
  expect(labOption(DEFAULT_LAB)).toBe("");
});

test.each([
  "parallelism: many",
  "masquerade: maybe",
  "clusterCIDR: ten",
  "routes: 3",
  "files: [a]",
  "components: { kubelet: { source: elsewhere } }",
])("use 8: %s is one finding, and nothing follows from it", async (yaml) => {
  writeFileSync(join(dir, "nodewright.yaml"), `${yaml}\n`);
  const { exitCode, stdout } = await runCommandLine(["check", dir, "--json"]);
  const { findings } = JSON.parse(stdout);
  expect(exitCode).toBe(3);
  expect(findings.map(({ rule }: { rule: string }) => rule)).toEqual(["NW-M03"]);
});

test.each([
  { value: "50%", exitCode: 1 },
  { value: "2", exitCode: 1 },
  { value: "half", exitCode: 2 },
  { value: "0%", exitCode: 2 },
])("use 19: apply takes --max-unavailable $value as the file does", async (one) => {
  const argv = ["apply", "--max-unavailable", one.value, "-C", join(dir, "none")];
  expect((await runCommandLine(argv)).exitCode).toBe(one.exitCode);
});

test.each(["list", "cache"])("use 20: cni %s of a network that is not there", async (command) => {
  const places = ["--conf-dir", join(dir, "none"), "--cache-dir", join(dir, "none")];
  const { exitCode, stderr } = await runCommandLine(["cni", command, "nope", ...places]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('Cannot find the network "nope"');
});

describe("use 27: the files of init", () => {
  test.each([{}, { profile: "cis" as const }])(
    "name no page that the user has not: %p",
    (options) => {
      for (const { path, text } of stockFiles(options)) {
        expect([path, /\bdocs\/|\.md\b/.exec(text.replaceAll("NOTES.md", ""))?.[0]]).toEqual([
          path,
          undefined,
        ]);
      }
    },
  );
});
