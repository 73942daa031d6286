import { expect, test } from "bun:test";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectIptables } from "./collect-iptables.ts";

test("collectIptables() asks each iptables once and leaves out what does not answer", async () => {
  const dir = await mkdtemp(join(tmpdir(), "nodewright-iptables-"));
  try {
    const [own, link, broken, none] = ["own", "link", "broken", "none"].map((n) => join(dir, n));
    if (own === undefined || link === undefined || broken === undefined || none === undefined)
      return;
    await writeFile(own, "");
    await writeFile(broken, "");
    await symlink(own, link);
    const answers: Record<string, string> = { [own]: "iptables v1.8.9 (nf_tables)\n" };
    const asked: string[] = [];
    const found = await collectIptables(
      async ([path = ""]) => {
        asked.push(path);
        return answers[path] ?? null;
      },
      [own, link, broken, none],
    );
    expect(found).toEqual([{ path: own, version: "1.8.9", backend: "nf_tables" }]);
    expect(asked.sort()).toEqual([broken, own]);
  } finally {
    await rm(dir, { recursive: true });
  }
});
