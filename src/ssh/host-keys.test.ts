import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { knownKeys, resolvePlace, scanHostKeys } from "./host-keys.ts";
import type { SshTarget } from "./ssh-target.ts";

/** A machine's key, made by ssh-keygen, and an ssh-keyscan that shows it. */
let dir = "";
let env: Record<string, string | undefined> = {};
let publicKey = "";
let fingerprint = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-host-keys-"));
  const key = join(dir, "key");
  Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
  publicKey = readFileSync(`${key}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
  const listed = Bun.spawnSync(["ssh-keygen", "-l", "-f", `${key}.pub`]).stdout.toString();
  fingerprint = listed.split(" ")[1] ?? "";
  env = { ...process.env, HOME: dir, PATH: `${dir}:${process.env["PATH"]}` };
  scanShows(`# 10.0.0.5:2222 SSH-2.0\\n10.0.0.5 ${publicKey}\\n`);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function scanShows(text: string): void {
  const scan = join(dir, "ssh-keyscan");
  writeFileSync(scan, `#!/bin/sh\nprintf '${text}'\n`);
  chmodSync(scan, 0o755);
}

const target = (more: Partial<SshTarget> = {}): SshTarget => ({
  node: "node-0",
  host: "10.0.0.5",
  sudo: "auto",
  connectTimeoutS: 10,
  ...more,
});

describe("use 11: host keys", () => {
  test.each([
    { more: {}, name: "10.0.0.5", file: ".ssh/known_hosts", jump: false },
    { more: { port: 2222 }, name: "[10.0.0.5]:2222", file: ".ssh/known_hosts", jump: false },
    { more: { knownHostsFile: "/keys/known" }, name: "10.0.0.5", file: "/keys/known", jump: false },
    { more: { jumpHost: "bastion" }, name: "10.0.0.5", file: ".ssh/known_hosts", jump: true },
    {
      more: { options: { HostKeyAlias: "web" } },
      name: "web",
      file: ".ssh/known_hosts",
      jump: false,
    },
  ])("of a target with $more are those of $name in $file", async ({ more, name, file, jump }) => {
    const place = await resolvePlace(target(more), env);
    expect(place).toMatchObject({ name, isBehindJump: jump });
    expect(place.knownHosts).toEndWith(file);
  });

  test("are shown with ssh's own fingerprint, and found again once stored", async () => {
    const known = join(dir, "known");
    writeFileSync(known, "");
    const place = await resolvePlace(target({ port: 2222, knownHostsFile: known }), env);
    const [key] = await scanHostKeys(place, env);
    expect(key).toEqual({
      line: `[10.0.0.5]:2222 ${publicKey}`,
      fingerprint,
      type: "ED25519",
    });
    expect((await knownKeys(place, env)).size).toBe(0);
    writeFileSync(known, `${key?.line}\n`);
    expect([...(await knownKeys(place, env))].flat().join(" ")).toBe(publicKey);
    Bun.spawnSync(["ssh-keygen", "-q", "-H", "-f", known], { stderr: "ignore" });
    expect([...(await knownKeys(place, env))].flat().join(" ")).toBe(publicKey);
  });

  test("of a machine that shows none are an error that names its port", async () => {
    scanShows("");
    const place = await resolvePlace(target({ port: 2222 }), env);
    const error = await scanHostKeys(place, env).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: "ssh", fix: expect.stringContaining("2222") });
  });
});
