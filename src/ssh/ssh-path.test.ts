import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolvePlace } from "./host-keys.ts";
import { type SshTarget, sshArgv } from "./ssh-target.ts";

let root = "";
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "nodewright-ssh-path-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const NAMES = [
  "plain",
  "two words",
  "100%",
  "a%h",
  "%%",
  'the "best"',
  "it's",
  "back\\slash",
  "#1",
  "a=b,c:d;e",
  " lead",
  "Büro",
];

/** A target whose key and known hosts are in a directory of that name. */
function target(name: string): SshTarget & { identityFile: string; knownHostsFile: string } {
  const dir = join(root, name);
  mkdirSync(dir, { recursive: true });
  const identityFile = join(dir, "id");
  rmSync(identityFile, { force: true });
  Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", identityFile]);
  const knownHostsFile = join(dir, "known");
  return {
    ...{ node: "node-0", host: "10.0.0.5", sudo: "never", connectTimeoutS: 1 },
    ...{ identityFile, knownHostsFile },
  };
}

/** What OpenSSH itself makes of an argument list: the keys that it opened, its known hosts. */
function readBySsh([ssh = "ssh", ...argv]: readonly string[]) {
  const debug = Bun.spawnSync([ssh, "-v", "-F", "none", "-o", "ProxyCommand=true", ...argv]);
  const [, identity] = /identity file (.*) type 3$/m.exec(debug.stderr.toString()) ?? [];
  const listed = Bun.spawnSync([ssh, "-G", "-F", "none", ...argv]).stdout.toString();
  const [, known] = /^userknownhostsfile (.*)$/m.exec(listed) ?? [];
  return { identity: unvis(identity ?? ""), known };
}

/** ssh's messages escape as vis(3) does: a doubled backslash, octal bytes. */
function unvis(text: string): string {
  const bytes = text.replace(/\\(\\|\d{3})/g, (_all, code: string) =>
    code === "\\" ? code : String.fromCharCode(Number.parseInt(code, 8)),
  );
  return Buffer.from(bytes, "latin1").toString();
}

describe("security 14: a cluster directory named", () => {
  test.each(NAMES)("%j: ssh reads its key and its known hosts", async (name) => {
    const to = target(name);
    expect(readBySsh(sshArgv(to, ["true"]))).toEqual({
      identity: to.identityFile,
      known: to.knownHostsFile,
    });
    const place = await resolvePlace(to, process.env);
    expect(place.knownHosts).toBe(to.knownHostsFile);
  });

  test.each(NAMES)("%j: so does the ssh that goes through a jump host", (name) => {
    const to = target(name);
    const bin = join(root, "bin");
    mkdirSync(bin, { recursive: true });
    // Stands in for the inner ssh and keeps its arguments; a NUL ends each.
    const seen = join(bin, "seen");
    const script = `#!/bin/sh\nprintf '%s\\0' "$@" >'${seen}'\n`;
    writeFileSync(join(bin, "ssh"), script, { mode: 0o755 });
    const [, ...argv] = sshArgv({ ...to, jumpHost: "ops@bastion:22" }, ["true"]);
    Bun.spawnSync(["/usr/bin/ssh", "-F", "none", ...argv], {
      env: { ...process.env, PATH: `${bin}:${process.env["PATH"]}` },
    });
    const inner = readFileSync(seen, "utf8").split("\0").slice(0, -1);
    const { identity, known } = readBySsh(["ssh", ...inner]);
    expect(identity).toBe(to.identityFile);
    expect(known).toStartWith(`${to.knownHostsFile} `);
  });
});
