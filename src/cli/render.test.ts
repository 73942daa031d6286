import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommandLine } from "./testing/mod.ts";

// Each test starts the program from its sources.
setDefaultTimeout(30_000);

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-cli-render-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function nodewright(...argv: string[]) {
  const program = join(import.meta.dir, "../../cmd/nodewright.ts");
  const child = Bun.spawn([process.execPath, program, ...argv], {
    cwd: dir,
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, stdout, stderr };
}

describe("nodewright init and render", () => {
  test("make a directory, say what is missing in it, then list and write the nodes' files", async () => {
    expect((await nodewright("init", "cluster")).stdout).toMatch(/^wrote +machines\.txt$/m);
    const empty = await nodewright("render", "-C", "cluster");
    expect([empty.code, empty.stdout]).toEqual([1, ""]);
    expect(empty.stderr).toContain("Cannot find a machine");

    writeFileSync(
      join(dir, "cluster/machines.txt"),
      "10.0.0.11 node-0.k.local node-0 10.200.0.0/24\n10.0.0.12 node-1.k.local node-1 10.200.1.0/24\n",
    );
    writeFileSync(join(dir, "cluster/node-1.key"), "the key");
    const listed = await nodewright("render", "node-1", "-C", "cluster");
    expect([listed.code, listed.stderr]).toEqual([0, ""]);
    expect(listed.stdout).toMatch(/^node-1 \(10\.0\.0\.12, pods 10\.200\.1\.0\/24\)$/m);
    expect(listed.stdout).toMatch(
      /^ {2}0600 +7 {2}\/var\/lib\/kubelet\/kubelet\.key +node-1\.key \(secret\)$/m,
    );
    expect(listed.stdout).not.toContain("the key");

    for (let again = 0; again < 2; again++) {
      expect((await nodewright("render", "-C", "cluster", "-o", "out")).code).toBe(0);
    }
    expect(readdirSync(join(dir, "out")).sort()).toEqual(["node-0", "node-1"]);
    const key = join(dir, "out/node-1/var/lib/kubelet/kubelet.key");
    expect([readFileSync(key, "utf8"), statSync(key).mode & 0o777]).toEqual(["the key", 0o600]);
    const conf = readFileSync(join(dir, "out/node-0/etc/cni/net.d/10-bridge.conflist"), "utf8");
    expect(JSON.parse(conf).plugins[0].ipam.ranges).toEqual([[{ subnet: "10.200.0.0/24" }]]);
  });

  test("answer in JSON, errors too", async () => {
    await nodewright("init");
    writeFileSync(join(dir, "machines.txt"), "10.0.0.11 n.k.local n 10.200.0.0/24\n");
    const good = JSON.parse((await nodewright("render", "--json")).stdout);
    expect(good.problems).toEqual([]);
    expect(good.nodes[0].files[0]).toMatchObject({
      path: "/etc/cni/net.d/10-bridge.conflist",
      mode: "0644",
      origin: "configs/10-bridge.conflist",
    });
    writeFileSync(join(dir, "machines.txt"), "10.0.0.11 n.k.local n 10.9.0.1/24\n");
    const bad = await nodewright("render", "--json");
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.stdout).error.problems[0]).toMatchObject({
      code: "bad-subnet",
      locations: [{ file: "machines.txt", line: 1, column: 23 }],
    });
  });

  test("refuse a name that is no worker's", async () => {
    await nodewright("init");
    writeFileSync(join(dir, "machines.txt"), "10.0.0.11 node-0.k.local node-0 10.200.0.0/24\n");
    const wrong = await nodewright("render", "node-9");
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      'error: No machine has this name: "node-9"\n  fix: Did you mean "node-0"?\n',
    ]);
  });
});

describe("security 13: keys keep their mode and stay out of what is shown", () => {
  const PEM = "-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n";
  const KUBECONFIG = `users:\n- user:\n    client-key-data: ${Buffer.from(PEM).toString("base64")}\n`;

  test.each([
    ["PEM without a mode", PEM, "", 0o600],
    ["a key behind a certificate", `-----BEGIN CERTIFICATE-----\nx\n${PEM}`, "", 0o600],
    ["a kubeconfig without a mode", KUBECONFIG, "", 0o600],
    ["PEM with a mode of the user's", PEM, "0640", 0o640],
    ["PEM that the user opens to all", PEM, "0644", 0o644],
    ["a text without a key", "SHOWN\n", "", 0o644],
  ])("an override that holds %s", async (_name, text, given, mode) => {
    const run = (...argv: string[]) => runCommandLine([...argv, "-C", dir]);
    writeFileSync(join(dir, "machines.txt"), "10.0.0.11 n.k.local n 10.200.0.0/24\n");
    expect((await runCommandLine(["init", dir])).exitCode).toBe(0);
    writeFileSync(join(dir, "own.pem"), text);
    const entry = given === "" ? "own.pem" : `{ from: own.pem, mode: "${given}" }`;
    writeFileSync(
      join(dir, "nodewright.yaml"),
      `masquerade: true\nfiles:\n  /etc/own/file: ${entry}\n`,
    );
    const out = join(dir, "out");
    expect((await run("render", "-o", out)).stderr).toBe("");
    const path = join(out, "n/etc/own/file");
    expect(statSync(path).mode & 0o777).toBe(mode);
    // What somebody has opened since is closed again, though its text is the same.
    chmodSync(path, 0o666);
    await run("render", "-o", out);
    expect(statSync(path).mode & 0o777).toBe(mode);
    const isShown = text.includes("SHOWN");
    const json = (await run("render", "--json")).stdout;
    expect(json.includes("SHOWN")).toBe(isShown);
    for (const secret of ["SECRET", KUBECONFIG.slice(40, 80)]) expect(json).not.toContain(secret);
    const one = await run("render", "n", "/etc/own/file");
    expect(one.exitCode).toBe(isShown ? 0 : 2);
    expect(one.stdout).toBe(isShown ? text : "");
  });
});
