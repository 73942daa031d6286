import { expect, test } from "bun:test";
import { collectIptables } from "./collect-iptables.ts";

test("collectIptables() asks each iptables once and leaves out what does not answer", async () => {
  const asked: string[] = [];
  const silent = await collectIptables(async ([path = ""]) => {
    asked.push(path);
    return null;
  });
  expect(silent).toEqual([]);
  expect(new Set(asked).size).toBe(asked.length);
  const answers = await collectIptables(async () => "iptables v1.8.9 (nf_tables)\n");
  expect(answers).toEqual(
    asked.map((path) => ({ path, version: "1.8.9", backend: "nf_tables" as const })),
  );
});
