import { describe, expect, test } from "bun:test";
import { chmod, copyFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspectCertificate, keyMatches } from "../../x509/mod.ts";
import { parseKubeconfigContext } from "../client/mod.ts";
import { createAuthorityCertificate, createKey, issueCertificate } from "./issue.ts";
import { ensurePki } from "./mod.ts";
import { certificateSpecs } from "./specs.ts";
import {
  DAY_MS,
  INVENTORY,
  NOW,
  read,
  request,
  withDirectory,
} from "./testing/cluster-directory.ts";

async function openssl(directory: string, ...argv: string[]): Promise<string> {
  const child = Bun.spawn(["openssl", ...argv], { cwd: directory, stdout: "pipe", stderr: "pipe" });
  const text = await new Response(child.stdout).text();
  const problem = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`openssl ${argv[0] ?? ""}: ${problem}`);
  return text;
}

describe("ensurePki()", () => {
  test("makes a whole directory that openssl accepts, and changes nothing the second time", () =>
    withDirectory(async (directory) => {
      const outcome = await ensurePki(directory, request());
      expect(outcome.problems).toEqual([]);
      expect(outcome.written.length).toBe(25);
      const files = await read(directory);
      expect([...files.keys()].sort()).toEqual([...outcome.written].sort());
      for (const name of files.keys()) {
        const { mode } = await stat(join(directory, name));
        expect([name, mode & 0o777]).toEqual([name, name.endsWith(".crt") ? 0o644 : 0o600]);
      }
      const verified = await openssl(
        directory,
        ...["verify", "-x509_strict", "-attime", String(NOW.getTime() / 1000), "-CAfile", "ca.crt"],
        ...[...files.keys()].filter((name) => name.endsWith(".crt")),
      );
      expect(verified.match(/: OK/g)?.length).toBe(9);

      const node = inspectCertificate(files.get("node-0.crt") ?? "");
      expect(node).toMatchObject({
        ok: true,
        value: {
          commonName: "system:node:node-0",
          organizations: ["system:nodes"],
          dnsNames: ["node-0", "node-0.kubernetes.local"],
          addresses: ["10.0.0.10", "fd00::10", "127.0.0.1"],
          usages: ["serverAuth", "clientAuth"],
          isAuthority: false,
          keyType: "EC P-256",
          notAfter: new Date(NOW.getTime() + 365 * DAY_MS),
        },
      });
      const kubeconfig = parseKubeconfigContext(files.get("node-1.kubeconfig") ?? "", "x");
      expect(kubeconfig).toMatchObject({
        ok: true,
        value: {
          server: "https://server.kubernetes.local:6443",
          user: "system:node:node-1",
          ca: { text: files.get("ca.crt") },
          cert: { text: files.get("node-1.crt") },
        },
      });

      const again = await ensurePki(directory, request());
      expect(again).toMatchObject({ written: [], problems: [] });
      expect(again.entries.every((entry) => entry.action === "kept")).toBe(true);
      expect(again.entries.length).toBe(15);
      expect(await read(directory)).toEqual(files);
    }));

  test("a certificate that --renew names keeps its key, and its kubeconfig follows", () =>
    withDirectory(async (directory) => {
      await ensurePki(directory, request());
      const before = await read(directory);
      const { written } = await ensurePki(directory, request({ renew: new Set(["node-0"]) }));
      expect(written).toEqual(["node-0.crt", "node-0.kubeconfig"]);
      const after = await read(directory);
      expect(after.get("node-0.crt")).not.toBe(before.get("node-0.crt"));
      expect(keyMatches(after.get("node-0.crt") ?? "", before.get("node-0.key") ?? "")).toBe(true);
      expect((await ensurePki(directory, request())).problems).toEqual([]);
    }));

  test("a renewed certificate keeps the names that somebody gave it, not those of another", () =>
    withDirectory(async (directory) => {
      const [node0, node1] = INVENTORY.workers;
      if (node0 === undefined || node1 === undefined) throw new Error("no workers");
      const other = { ...node0, fqdn: "old.example.test", addresses: ["192.0.2.1"] };
      await ensurePki(directory, request({ inventory: { ...INVENTORY, workers: [other, node1] } }));
      const { problems } = await ensurePki(directory, request());
      expect(problems.map(({ code, severity }) => [code, severity])).toEqual([
        ["missing-name", "warning"],
      ]);
      await ensurePki(directory, request({ renew: "faulty" }));
      const own = inspectCertificate((await read(directory)).get("node-0.crt") ?? "");
      expect(own).toMatchObject({
        ok: true,
        value: {
          dnsNames: ["node-0", "node-0.kubernetes.local", "old.example.test"],
          addresses: ["10.0.0.10", "fd00::10", "127.0.0.1", "192.0.2.1"],
        },
      });
      await copyFile(join(directory, "node-1.crt"), join(directory, "node-0.crt"));
      await ensurePki(directory, request({ renew: "faulty" }));
      const fresh = inspectCertificate((await read(directory)).get("node-0.crt") ?? "");
      expect(fresh).toMatchObject({
        ok: true,
        value: { dnsNames: ["node-0", "node-0.kubernetes.local"] },
      });
    }));

  describe("security 1: names are signed only where the authority signed them before", () => {
    const EVIL = ["kubernetes.default.svc.cluster.local", "*.example.com"];
    const extended = async (directory: string): Promise<ReadonlyMap<string, string>> => {
      await ensurePki(directory, request());
      return await read(directory);
    };
    const forged = async (key: string, authority: { certificate: string; key: string }) => {
      const spec = certificateSpecs(INVENTORY).find(({ name }) => name === "node-0");
      if (spec === undefined) throw new Error("There is no node-0");
      const names = { dnsNames: [...spec.dnsNames, ...EVIL], addresses: ["10.32.0.1"] };
      const now = NOW;
      const validity = { notBefore: now, notAfter: new Date(now.getTime() + 86_400_000) };
      return await issueCertificate({ ...spec, ...names }, key, { ...authority, ...validity });
    };
    const namesAfterRenewal = async (directory: string): Promise<readonly string[]> => {
      const { names } = await ensurePki(directory, request({ renew: new Set(["node-0"]) }));
      expect(names).toMatchObject([{ file: "node-0.crt", kept: [] }]);
      expect(names[0]?.dropped).toContain("*.example.com");
      const info = inspectCertificate((await read(directory)).get("node-0.crt") ?? "");
      return info.ok ? [...info.value.dnsNames, ...info.value.addresses] : [];
    };

    test("another authority, the right key", () =>
      withDirectory(async (directory) => {
        const files = await extended(directory);
        const key = await createKey();
        const now = NOW;
        const certificate = await createAuthorityCertificate({ commonName: "CA" }, key, {
          notBefore: now,
          notAfter: new Date(now.getTime() + 86_400_000),
        });
        const bad = await forged(files.get("node-0.key") ?? "", { certificate, key });
        await writeFile(join(directory, "node-0.crt"), bad);
        expect(await namesAfterRenewal(directory)).not.toContain("*.example.com");
      }));

    test("the authority, another key", () =>
      withDirectory(async (directory) => {
        const files = await extended(directory);
        const authority = {
          certificate: files.get("ca.crt") ?? "",
          key: files.get("ca.key") ?? "",
        };
        await writeFile(join(directory, "node-0.crt"), await forged(await createKey(), authority));
        expect(await namesAfterRenewal(directory)).not.toContain("*.example.com");
      }));

    test("no key any more", () =>
      withDirectory(async (directory) => {
        const files = await extended(directory);
        const authority = {
          certificate: files.get("ca.crt") ?? "",
          key: files.get("ca.key") ?? "",
        };
        const own = await forged(files.get("node-0.key") ?? "", authority);
        await writeFile(join(directory, "node-0.crt"), own);
        await rm(join(directory, "node-0.key"));
        expect(await namesAfterRenewal(directory)).not.toContain("*.example.com");
      }));
  });

  test("a renewed CA keeps key and subject, so that what it signed stays valid", () =>
    withDirectory(async (directory) => {
      await ensurePki(directory, request());
      const before = await read(directory);
      const { written } = await ensurePki(
        directory,
        request({ renew: new Set(["ca"]), days: 999 }),
      );
      expect(written).toEqual([
        "ca.crt",
        ...[
          "admin",
          "node-0",
          "node-1",
          "kube-proxy",
          "kube-controller-manager",
          "kube-scheduler",
        ].map((name) => `${name}.kubeconfig`),
      ]);
      const at = ["-attime", String(NOW.getTime() / 1000)];
      await openssl(directory, "verify", ...at, "-CAfile", "ca.crt", "node-0.crt");
      expect((await read(directory)).get("node-0.crt")).toBe(before.get("node-0.crt"));
    }));

  test("works with an RSA authority made by openssl, names byte for byte", () =>
    withDirectory(async (directory) => {
      await openssl(
        directory,
        ...["req", "-x509", "-newkey", "rsa:2048", "-noenc", "-keyout", "ca.key", "-out", "ca.crt"],
        ...["-days", "3650", "-subj", "/C=US/ST=Washington/L=Seattle/CN=CA"],
      );
      await openssl(directory, "rsa", "-in", "ca.key", "-traditional", "-out", "pkcs1.key");
      await Bun.write(join(directory, "ca.key"), Bun.file(join(directory, "pkcs1.key")));
      // The authority is made by openssl at the real time, so the request is of that time too.
      const { problems } = await ensurePki(directory, request({ now: new Date() }));
      expect(problems).toEqual([]);
      await openssl(directory, "verify", "-CAfile", "ca.crt", "node-0.crt", "admin.crt");
      const issuer = await openssl(directory, "asn1parse", "-in", "node-0.crt");
      const subject = await openssl(directory, "asn1parse", "-in", "ca.crt");
      const strings = (text: string): string[] =>
        [...text.matchAll(/(PRINTABLESTRING|UTF8STRING) +:(US|Washington|Seattle|CA)$/gm)].map(
          (match) => match[0],
        );
      expect(strings(issuer)).toEqual(strings(subject).slice(0, 4));
    }));

  test("goes on after an interruption at any file", () =>
    withDirectory(async (directory) => {
      const inventory = { ...INVENTORY, workers: INVENTORY.workers.slice(0, 1), controlPlane: [] };
      const wanted = request({ inventory });
      const { written } = await ensurePki(directory, wanted);
      const whole = await read(directory);
      for (let kept = 0; kept < written.length; kept++) {
        for (const [i, name] of written.entries()) {
          if (i >= kept) await rm(join(directory, name), { force: true });
          else await writeFile(join(directory, name), whole.get(name) ?? "");
        }
        const outcome = await ensurePki(directory, wanted);
        expect([kept, outcome.problems]).toEqual([kept, []]);
        expect((await ensurePki(directory, wanted)).problems).toEqual([]);
      }
    }));

  test("a renewal keeps the kubeconfig's server, unless another one is named", () =>
    withDirectory(async (directory) => {
      const url = "https://10.0.0.2:6443";
      await ensurePki(directory, request({ server: { url, isExplicit: true } }));
      const renew = new Set(["node-0"]);
      await ensurePki(directory, request({ renew }));
      const kept = parseKubeconfigContext(
        (await read(directory)).get("node-0.kubeconfig") ?? "",
        "x",
      );
      expect(kept).toMatchObject({ ok: true, value: { server: url } });
      const server = { url: "https://10.0.0.3:6443", isExplicit: true };
      const { problems } = await ensurePki(directory, request({ renew, server }));
      const changed = parseKubeconfigContext(
        (await read(directory)).get("node-0.kubeconfig") ?? "",
        "x",
      );
      expect(changed).toMatchObject({ ok: true, value: { server: server.url } });
      expect(new Set(problems.map((problem) => problem.code))).toEqual(new Set(["other-server"]));
    }));

  test("warns of a key that others may read", () =>
    withDirectory(async (directory) => {
      await ensurePki(directory, request());
      await chmod(join(directory, "node-0.key"), 0o640);
      const { problems } = await ensurePki(directory, request());
      expect(problems).toMatchObject([
        {
          code: "open-key",
          severity: "warning",
          message: "Others than its owner may read a private key: mode 0640",
          fix: "chmod 600 node-0.key",
        },
      ]);
    }));

  test("rejects where the directory is none", async () => {
    const thrown = await ensurePki("/dev/null/x", request()).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ kind: "file", fix: "give an existing directory with -C" });
  });
});
