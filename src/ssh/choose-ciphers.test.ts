import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseCiphers } from "./choose-ciphers.ts";
import type { SshTarget } from "./ssh-target.ts";

const DEFAULT = "chacha20-poly1305@openssh.com,aes128-ctr,aes128-gcm@openssh.com";
const TARGET: SshTarget = { node: "node-0", host: "10.0.0.5", sudo: "auto", connectTimeoutS: 10 };
const X86 = "processor\t: 0\nflags\t\t: fpu pclmulqdq aes avx\n";

/** Where an ssh of the tests' own lies: it tells other ciphers without a configuration than with one. */
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-ciphers-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function choose(
  cpuInfo: string,
  configured: string,
  target: SshTarget = TARGET,
  byDefault = DEFAULT,
): Promise<string | undefined> {
  const ssh = join(dir, "ssh");
  writeFileSync(
    ssh,
    `#!/bin/sh\ncase "$*" in\n*"-F none"*) echo "ciphers ${byDefault}" ;;\n*) ${configured} ;;\nesac\n`,
  );
  chmodSync(ssh, 0o755);
  const env = { PATH: `${dir}:${process.env["PATH"]}` };
  const chosen = await chooseCiphers(target, { env, cpuInfo: async () => cpuInfo });
  return chosen.options?.["Ciphers"];
}

describe("chooseCiphers()", () => {
  test.each([
    ["x86", X86],
    ["ARM", "Features\t: fp asimd aes pmull sha2\n"],
  ])("puts AES-GCM first on %s with AES instructions", async (_name, cpuInfo) => {
    expect(await choose(cpuInfo, `echo "ciphers ${DEFAULT}"`)).toBe("^aes128-gcm@openssh.com");
  });

  test.each([
    ["a processor without AES", "flags\t: fpu vaes_not\n", `echo "ciphers ${DEFAULT}"`],
    ["no /proc/cpuinfo", "", `echo "ciphers ${DEFAULT}"`],
    ["a list in ssh_config", X86, 'echo "ciphers aes256-ctr"'],
    ["an ssh that does not tell", X86, "exit 255"],
  ])("leaves the choice to ssh: %s", async (_name, cpuInfo, configured) => {
    expect(await choose(cpuInfo, configured)).toBeUndefined();
  });

  test("leaves an ssh that does not have it alone", async () => {
    const old = "aes128-ctr,3des-cbc";
    expect(await choose(X86, `echo "ciphers ${old}"`, TARGET, old)).toBeUndefined();
  });

  test("leaves what nodewright.yaml says", async () => {
    const target = { ...TARGET, options: { ciphers: "aes256-ctr" } };
    expect(await choose(X86, `echo "ciphers ${DEFAULT}"`, target)).toBeUndefined();
  });
});
