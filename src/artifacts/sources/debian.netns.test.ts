/**
 * The source `debian` against the real archive: needs apt and a Debian mirror that the machine's
 * own sources name. Works without root; here it is among the tests that touch more than a
 * temporary directory.
 */
import { describe, expect, test } from "bun:test";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { withNetwork } from "../../../test/support/network.ts";
import { systemClock } from "../../base/mod.ts";
import type { CommandRunner } from "../command.ts";
import { systemCommands } from "../command.ts";
import { readLock } from "../lock.ts";
import { ArtifactResolver } from "../resolver.ts";
import { TempDir } from "../testing/mod.ts";

const TIMEOUT_MS = 180_000;
const SETTINGS = { runc: { source: "debian" }, "cni-plugins": { source: "debian" } } as const;

/** The machine's programs, with a note of each. */
function recorded(): CommandRunner & { readonly called: string[] } {
  const called: string[] = [];
  const commands = withNetwork(systemCommands);
  return {
    called,
    run: (argv, options) => {
      called.push(argv.join(" "));
      return commands.run(argv, options);
    },
    stream: (argv, options) => {
      called.push(argv.join(" "));
      return commands.stream(argv, options);
    },
  };
}

/** What apt of the machine keeps, with sizes and times. */
async function machineApt(): Promise<string[]> {
  const found: string[] = [];
  for (const dir of ["/var/lib/apt/lists", "/var/cache/apt", "/var/lib/dpkg", "/etc/apt"]) {
    for (const name of await readdir(dir, { recursive: true })) {
      const { size, mtimeMs } = await stat(join(dir, name));
      found.push(`${dir}/${name} ${size} ${mtimeMs}`);
    }
  }
  return found.sort();
}

describe("the source debian", () => {
  test(
    "takes packages apart, for the lock to hold on to, and leaves the machine's apt alone",
    async () => {
      await using dir = await TempDir.make();
      const commands = recorded();
      const resolver = (): ArtifactResolver =>
        new ArtifactResolver(
          { commands, clock: systemClock, env: process.env, hostArch: undefined },
          { clusterDir: dir.path, cacheDir: join(dir.path, "cache") },
        );
      const before = await machineApt();
      const first = await resolver().resolve("amd64", SETTINGS);
      expect(first.problems.filter((problem) => problem.severity === "error")).toEqual([
        expect.objectContaining({ message: expect.stringContaining("containerd") }),
      ]);
      expect(first.sets.runc).toMatchObject({
        kind: "set",
        source: "debian",
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        files: [
          {
            installPath: "/usr/local/bin/runc",
            origin: expect.stringMatching(/^debian runc \d/),
            needs: { libraries: expect.arrayContaining(["libc.so.6"]) },
          },
        ],
      });
      expect(
        first.sets["cni-plugins"].kind === "set" &&
          first.sets["cni-plugins"].files.map((file) => file.name),
      ).toEqual(expect.arrayContaining(["bridge", "host-local", "loopback", "portmap"]));
      expect(await machineApt()).toEqual(before);

      // From the lock and the cache: nothing is run at all.
      commands.called.length = 0;
      const second = await resolver().resolve("amd64", SETTINGS);
      expect(commands.called).toEqual([]);
      expect(second.lock).toEqual(first.lock);

      // From the lock alone: the same package, by name and version.
      await rm(join(dir.path, "cache/blobs"), { recursive: true });
      const third = await resolver().resolve("amd64", SETTINGS);
      expect(third.lock).toEqual(await readLock(dir.path));
      expect(third.lock).toEqual(first.lock);
      const [locked] = Object.values(first.lock.amd64?.runc ?? {});
      const wanted = locked?.origins[0]?.from.replace("deb ", "") ?? "";
      expect(commands.called).toContain(`apt-get -q download ${wanted}`);
    },
    TIMEOUT_MS,
  );

  test(
    "takes another architecture and another suite than the machine's",
    async () => {
      await using dir = await TempDir.make();
      const resolver = new ArtifactResolver(
        {
          commands: withNetwork(systemCommands),
          clock: systemClock,
          env: process.env,
          hostArch: "amd64",
        },
        { clusterDir: dir.path, cacheDir: join(dir.path, "cache") },
      );
      const { sets } = await resolver.resolve("arm64", {
        runc: { source: "debian", suite: "trixie" },
      });
      expect(sets.runc).toMatchObject({
        kind: "set",
        arch: "arm64",
        files: [{ needs: { interpreter: "/lib/ld-linux-aarch64.so.1" } }],
      });
    },
    TIMEOUT_MS,
  );

  test(
    "says what is not to be had",
    async () => {
      await using dir = await TempDir.make();
      const resolver = new ArtifactResolver(
        {
          commands: withNetwork(systemCommands),
          clock: systemClock,
          env: process.env,
          hostArch: "amd64",
        },
        { clusterDir: dir.path, cacheDir: join(dir.path, "cache") },
      );
      const { problems } = await resolver.resolve("amd64", {
        runc: { source: "debian", version: "0.0.1-1" },
        kubelet: { source: "debian" },
        containerd: { source: "debian", suite: "nosuchsuite" },
      });
      const messages = problems.filter((p) => p.severity === "error").map((p) => p.message);
      expect(messages).toEqual([
        expect.stringMatching(/Cannot fetch the package lists of nosuchsuite.*(404|Release)/),
        "Cannot find the package runc 0.0.1-1 in the machine's own apt sources",
        expect.stringContaining("cni-plugins"),
        "Cannot take kubelet from Debian: no package has it",
      ]);
    },
    TIMEOUT_MS,
  );
});
