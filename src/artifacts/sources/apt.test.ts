import { describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../base/mod.ts";
import { rejectionOf } from "../../base/testing/mod.ts";
import { ArtifactCache } from "../cache/store.ts";
import type { CommandResult, CommandRunner } from "../command.ts";
import { COMPONENT_SPECS } from "../component.ts";
import { TempDir } from "../testing/mod.ts";
import { AptArchive, aptConfiguration, parseOffer } from "./apt.ts";
import { findInDebian } from "./debian.ts";

const OFFER = `'http://m/pool/r/runc_1.1.5%2bds1-1_amd64.deb' runc_1.1.5+ds1-1_amd64.deb 2709960 SHA256:${"a".repeat(64)}\n`;

describe("parseOffer()", () => {
  const rows: { name: string; output: string; want: object | undefined }[] = [
    {
      name: "a package",
      output: `Reading...\n${OFFER}`,
      want: { name: "runc", version: "1.1.5+ds1-1", sizeBytes: 2709960, sha256: "a".repeat(64) },
    },
    {
      name: "an epoch",
      output: "'http://m/x.deb' runc_1%3a2.0-1_amd64.deb 10 SHA512:ff\n",
      want: { name: "runc", version: "1:2.0-1", sizeBytes: 10 },
    },
    { name: "another package", output: OFFER.replaceAll("runc", "crun"), want: undefined },
    { name: "an error", output: "E: Unable to locate package runc\n", want: undefined },
  ];
  test.each(rows)("$name", ({ output, want }) => {
    if (want === undefined) expect(parseOffer(output, "runc")).toBeUndefined();
    else expect(parseOffer(output, "runc")).toEqual(want as never);
  });
});

test("aptConfiguration() reads nothing of the machine's configuration but what it is given", () => {
  const text = aptConfiguration({ dir: "/c/apt", arch: "arm", suite: "trixie" }, [
    'Acquire::http::Proxy "http://p";',
  ]);
  expect(text).toContain('Dir::Etc::parts "/c/apt/empty";');
  expect(text).toContain('Dir::Etc::main "/dev/null";');
  expect(text).toContain('APT::Architectures { "armhf"; };');
  expect(text).toContain('Acquire::http::Proxy "http://p";');
  expect(text).toContain('Dir::Etc::sourcelist "/c/apt/sources.list";');
  expect(aptConfiguration({ dir: "/c", arch: "arm" }, [])).not.toContain("sourcelist");
});

describe("AptArchive", () => {
  const done = (stdout = "", exitCode = 0, stderr = ""): CommandResult => ({
    exitCode,
    stdout,
    stderr,
  });

  function archive(dir: TempDir, answer: (argv: string) => CommandResult, suite?: string) {
    const called: string[] = [];
    const notes: string[] = [];
    const commands: CommandRunner = {
      run: async (argv, { env }) => {
        called.push(argv.join(" "));
        expect(env["SECRET"]).toBeUndefined();
        return answer(argv.join(" "));
      },
      stream: () => {
        throw new Error("unexpected");
      },
    };
    const apt = new AptArchive({
      dir: join(dir.path, "apt"),
      arch: "amd64",
      env: { PATH: "/bin", SECRET: "x", https_proxy: "http://p" },
      commands,
      clock: systemClock,
      note: (text) => notes.push(text),
      ...(suite === undefined ? {} : { suite }),
    });
    return { apt, called, notes };
  }

  test("asks for the next name where the suite has not the first, and updates once", async () => {
    await using dir = await TempDir.make();
    const { apt, called } = archive(dir, (argv) =>
      done(argv.endsWith("download runc") ? OFFER : ""),
    );
    expect(await apt.find(["runc.io", "runc"])).toMatchObject({ version: "1.1.5+ds1-1" });
    expect(await apt.find(["nothing"], "1.0")).toBeUndefined();
    expect(called).toEqual([
      "apt-config dump",
      "apt-get -q update",
      "apt-get -q --print-uris download runc.io",
      "apt-get -q --print-uris download runc",
      "apt-get -q --print-uris download nothing=1.0",
    ]);
  });

  test("takes the machine's mirror for another suite, and its proxy, and no other setting", async () => {
    await using dir = await TempDir.make();
    const { apt } = archive(
      dir,
      (argv) => {
        if (argv === "apt-config dump") {
          return done(
            'Acquire::http::Proxy "http://p";\nAPT::Update::Post-Invoke:: "rm -rf /";\nAcquire::https::Verify-Peer "false";\n',
          );
        }
        return done(
          argv.includes("indextargets")
            ? "Docker https://d/linux/debian/\nDebian http://mirror.example/debian/\n"
            : "",
        );
      },
      "trixie",
    );
    await apt.update();
    const list = await readFile(join(dir.path, "apt/sources.list"), "utf8");
    expect(list).toMatch(/^deb (\[signed-by=\S+\] )?http:\/\/mirror.example\/debian trixie main$/m);
    expect(list).toMatch(/http:\/\/mirror.example\/debian-security trixie-security main$/m);
    const configuration = await readFile(join(dir.path, "apt/apt.conf"), "utf8");
    expect(configuration).toContain('Acquire::http::Proxy "http://p";');
    expect(configuration).not.toContain("Post-Invoke");
  });

  const failures: { name: string; stderr: string; want: object }[] = [
    {
      name: "a mirror out of reach",
      stderr: "W: x\nE: The repository 'http://m trixie Release' does not have a Release file.\n",
      want: { kind: "debian", detail: expect.stringContaining("Release file") },
    },
    {
      name: "a full disk",
      stderr: "E: Write error - write (28: No space left on device)\n",
      want: { kind: "no-space", fix: expect.stringContaining("/apt") },
    },
  ];
  test.each(failures)("reports $name", async ({ stderr, want }) => {
    await using dir = await TempDir.make();
    const { apt } = archive(dir, (argv) =>
      argv.endsWith("update") ? done("", 100, stderr) : done(),
    );
    expect(await rejectionOf(apt.find(["runc"]))).toMatchObject(want);
  });

  test("goes on with the lists at hand where they cannot be fetched, and says so", async () => {
    await using dir = await TempDir.make();
    await Bun.write(join(dir.path, "apt/state/lists/m_dists_x_Packages"), "");
    const { apt, notes } = archive(dir, (argv) =>
      argv.endsWith("update") ? done("", 100, "E: no\n") : done(OFFER),
    );
    expect(await apt.find(["runc"])).toBeDefined();
    expect(notes).toEqual([expect.stringContaining("going on with those at hand")]);
  });

  test("use 12: a mirror that refuses is what is reported where its old lists lack the package", async () => {
    await using dir = await TempDir.make();
    await Bun.write(join(dir.path, "apt/state/lists/m_dists_x_Packages"), "");
    const refused = "E: Failed to fetch http://m/InRelease  Could not connect to m:80 (refused)\n";
    const { apt } = archive(dir, (argv) =>
      argv.endsWith("update") ? done("", 100, refused) : done(),
    );
    const cache = await ArtifactCache.open(join(dir.path, "cache"), { nowMs: 0 });
    const found = findInDebian({ archive: apt, cache, note: () => {} }, COMPONENT_SPECS.runc);
    expect(await rejectionOf(found)).toMatchObject({
      message: expect.stringContaining("Cannot fetch the package lists"),
      detail: expect.stringContaining("Could not connect to m:80"),
    });
  });

  test("says what it needs where there is no apt", async () => {
    await using dir = await TempDir.make();
    const { apt } = archive(dir, () => {
      throw new Error("ENOENT");
    });
    expect(await rejectionOf(apt.update())).toMatchObject({
      kind: "debian",
      fix: expect.stringContaining("apt and dpkg"),
    });
  });
});
