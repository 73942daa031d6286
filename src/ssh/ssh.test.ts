import { describe, expect, test } from "bun:test";
import { shellQuote } from "../base/mod.ts";
import { ByteStream } from "./byte-stream.ts";
import { asRoot, type SshTarget, sshArgv, sshFailure } from "./mod.ts";

const target: SshTarget = { node: "node-0", host: "10.0.0.5", sudo: "auto", connectTimeoutS: 10 };

describe("shellQuote()", () => {
  test.each([
    "plain",
    "two words",
    "it's",
    "$(reboot)",
    "a;b|c&d",
    "",
    "new\nline",
    "`id`",
    '"quoted"',
    "*?[x]",
    "~root",
    "-n",
  ])("a shell gives %j back unchanged", (word) => {
    const echoed = Bun.spawnSync(["sh", "-c", `printf %s ${shellQuote(word)}`]);
    expect(echoed.stdout.toString()).toBe(word);
  });
});

describe("sshArgv()", () => {
  test("never asks, never turns host key checking off", () => {
    const argv = sshArgv(target, ["true"]);
    expect(argv).toContain("BatchMode=yes");
    expect(argv.join(" ")).not.toContain("StrictHostKeyChecking");
    expect(argv.slice(-3)).toEqual(["--", "10.0.0.5", "true"]);
  });

  test("passes what the settings name and nothing else", () => {
    const argv = sshArgv(
      {
        ...target,
        user: "ops",
        port: 2222,
        identityFile: "/keys/id",
        jumpHost: "bastion",
        knownHostsFile: "/keys/known",
        options: { Compression: "no" },
      },
      ["a b"],
    ).join(" ");
    for (const part of [
      "-p 2222",
      'IdentityFile="/keys/id"',
      "ProxyCommand=ssh -o BatchMode=yes -o ConnectTimeout=",
      `-o 'IdentityFile="/keys/id"' -o 'UserKnownHostsFile="/keys/known" ~/.ssh/known_hosts' -W '[%h]:%p' -- bastion`,
      "-l ops",
      'UserKnownHostsFile="/keys/known"',
      "IdentitiesOnly=yes",
      "Compression=no",
      "'a b'",
    ]) {
      expect(argv).toContain(part);
    }
  });

  test.each([
    { jumpHost: "bastion", identityFile: undefined, want: "-J bastion" },
    { jumpHost: "a,b", identityFile: "/k", want: "-J a,b" },
    { jumpHost: "ops@b:22", identityFile: "/k%1", want: "-l ops -p 22 -W '[%h]:%p' -- b" },
    { jumpHost: "[fd00::1]:22", identityFile: "/k", want: "-p 22 -W '[%h]:%p' -- fd00::1" },
  ])("a way through $jumpHost, with the key $identityFile", (row) => {
    const { jumpHost, identityFile, want } = row;
    const key = identityFile === undefined ? {} : { identityFile };
    expect(sshArgv({ ...target, jumpHost, ...key }, ["true"]).join(" ")).toContain(want);
  });

  test("a host that looks like an option stays a host", () => {
    const argv = sshArgv({ ...target, host: "-oProxyCommand=reboot" }, ["true"]);
    expect(argv.indexOf("--")).toBe(argv.indexOf("-oProxyCommand=reboot") - 1);
  });
});

describe("asRoot()", () => {
  test.each([
    ["never", ["id"]],
    ["always", ["sudo", "-n", "--", "id"]],
  ] as const)("sudo %s", (sudo, argv) => {
    expect(asRoot({ ...target, sudo }, ["id"])).toEqual([...argv]);
  });
});

describe("sshFailure()", () => {
  test.each([
    [
      255,
      "@@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@@\nHost key verification failed.",
      "host-key-changed",
    ],
    [
      255,
      "No ED25519 host key is known for 10.0.0.5 and you have requested strict checking.",
      "host-key-unknown",
    ],
    [255, "Host key verification failed.", "host-key-unknown"],
    [255, "nobody@10.0.0.5: Permission denied (publickey).", "auth"],
    [255, "ssh: connect to host 10.0.0.5 port 22: Connection refused", "refused"],
    [255, "ssh: connect to host 10.0.0.5 port 22: Connection timed out", "timeout"],
    [255, "ssh: connect to host 10.0.0.5 port 22: No route to host", "unreachable"],
    [255, "ssh: Could not resolve hostname nowhere: Name or service not known", "name"],
    [1, "sudo: a password is required", "sudo-password"],
    [1, "ops is not in the sudoers file.", "sudo-denied"],
    [255, "command-line: line 0: Bad configuration option: foo", "bad-option"],
    [255, "Connection to 10.0.0.5 closed by remote host.", "lost"],
    [127, "sh: 1: sha256sum: not found", "remote"],
  ] as const)("exit %d, %j is %s", (exitCode, stderr, failure) => {
    const error = sshFailure(target, exitCode, stderr);
    expect(error.failure).toBe(failure);
    expect(error.node).toBe("node-0");
  });
});

test("use 12: an option that ssh refuses is named, with where it stands", () => {
  const error = sshFailure(target, 255, "command-line: line 0: Bad configuration option: foo");
  expect(error.message).toBe("Cannot connect to 10.0.0.5: ssh refuses option foo");
  expect(error.fix).toContain("ssh.options");
});

test("use 11: an unknown host key names the command that shows and stores it", () => {
  const error = sshFailure({ ...target, port: 2222 }, 255, "Host key verification failed.");
  expect(error.fix).toContain("nodewright trust node-0");
});

describe("ByteStream", () => {
  const of = async function* (...parts: string[]) {
    for (const part of parts) yield Buffer.from(part);
  };

  test("readLine() then chunks() loses no byte at the border", async () => {
    const stream = new ByteStream(of("mo", "td\nsecond li", "ne\nre", "st\nof it"));
    expect(await stream.readLine()).toBe("motd");
    expect(await stream.readLine()).toBe("second line");
    let rest = "";
    for await (const chunk of stream.chunks()) rest += Buffer.from(chunk).toString();
    expect(rest).toBe("rest\nof it");
  });

  test("readLine() ends at the end of the stream and at an endless line", async () => {
    expect(await new ByteStream(of("no end")).readLine()).toBeUndefined();
    expect(await new ByteStream(of("x".repeat(100))).readLine(50)).toBeUndefined();
  });
});
