import { describe, expect, test } from "bun:test";
import { chmod, copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseKubeconfigContext } from "../client/mod.ts";
import { TestAuthority } from "../testing/mod.ts";
import {
  type CertificateSpec,
  certificateSpecs,
  ensurePki,
  inspectCertificate,
  isIssuedBy,
  keyMatches,
  type PkiInventory,
  type PkiRequest,
  planPki,
  renderKubeconfig,
  stepFile,
  verifyCertificate,
  verifyKubeconfig,
} from "./mod.ts";

const NOW = new Date("2026-11-23T12:00:00Z");
const DAY_MS = 86_400_000;

const INVENTORY: PkiInventory = {
  workers: [
    { name: "node-0", fqdn: "node-0.kubernetes.local", addresses: ["10.0.0.10", "fd00::10"] },
    { name: "node-1", fqdn: "node-1.kubernetes.local", addresses: ["10.0.0.11"] },
  ],
  controlPlane: [{ name: "server", fqdn: "server.kubernetes.local", addresses: ["10.0.0.2"] }],
  serverHost: "server.kubernetes.local",
  serviceAddress: "10.32.0.1",
  clusterDomain: "cluster.local",
};

const NO_NODES: PkiInventory = { ...INVENTORY, workers: [], controlPlane: [] };

function request(changes: Partial<PkiRequest> = {}): PkiRequest {
  return {
    inventory: INVENTORY,
    server: { url: "https://server.kubernetes.local:6443", isExplicit: false },
    renew: new Set(),
    days: 365,
    now: NOW,
    ...changes,
  };
}

async function withDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "nodewright-pki-"));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function read(directory: string): Promise<Map<string, string>> {
  const names = await readdir(directory);
  return new Map(
    await Promise.all(
      names.map(
        async (name): Promise<[string, string]> => [
          name,
          await readFile(join(directory, name), "utf8"),
        ],
      ),
    ),
  );
}

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
      expect(outcome.written.length).toBe(24);
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

describe("planPki()", () => {
  const rows: {
    name: string;
    change: (files: Map<string, string>) => void;
    request?: Partial<PkiRequest>;
    steps: string[];
    problems: string[];
  }[] = [
    { name: "keeps a good directory", change: () => {}, steps: [], problems: [] },
    {
      name: "issues a certificate for a key that has none",
      change: (files) => void files.delete("node-0.crt"),
      steps: ["node-0.crt", "node-0.kubeconfig"],
      problems: [],
    },
    {
      name: "writes a kubeconfig that is missing",
      change: (files) => void files.delete("admin.kubeconfig"),
      steps: ["admin.kubeconfig"],
      problems: [],
    },
    {
      name: "does not replace a certificate whose key is missing",
      change: (files) => void files.delete("node-0.key"),
      steps: [],
      problems: ["missing-key node-0.crt"],
    },
    {
      name: "issues both anew where that is asked for",
      change: (files) => void files.delete("node-0.key"),
      request: { renew: new Set(["node-0"]) },
      steps: ["node-0.key", "node-0.crt", "node-0.kubeconfig"],
      problems: [],
    },
    {
      name: "does not begin a new authority beside certificates of another",
      change: (files) => void (files.delete("ca.crt") && files.delete("ca.key")),
      steps: [],
      problems: ["missing-authority admin.crt"],
    },
    {
      name: "says once that nothing can be signed without ca.key",
      change: (files) => {
        files.delete("ca.key");
        files.delete("node-0.crt");
        files.delete("node-1.crt");
        files.delete("admin.kubeconfig");
      },
      steps: ["admin.kubeconfig"],
      problems: ["no-authority-key ca.crt"],
    },
    {
      name: "refuses a CA key that is another's",
      change: (files) => void files.set("ca.key", files.get("node-0.key") ?? ""),
      steps: [],
      problems: ["key-mismatch ca.crt"],
    },
    {
      name: "finds the kubeconfig of another node",
      change: (files) => void files.set("node-0.kubeconfig", files.get("node-1.kubeconfig") ?? ""),
      steps: [],
      problems: ["other-user node-0.kubeconfig"],
    },
    {
      name: "finds the certificate of another node",
      change: (files) => {
        files.set("node-0.crt", files.get("node-1.crt") ?? "");
        files.set("node-0.key", files.get("node-1.key") ?? "");
      },
      steps: [],
      problems: [
        "wrong-common-name node-0.crt",
        "missing-name node-0.crt",
        "stale-kubeconfig node-0.kubeconfig",
      ],
    },
    {
      name: "mends all faults where that is asked for",
      change: (files) => {
        files.set("node-0.crt", files.get("node-1.crt") ?? "");
        files.set("kube-proxy.kubeconfig", "{}");
      },
      request: { renew: "faulty" },
      steps: ["node-0.crt", "node-0.kubeconfig", "kube-proxy.kubeconfig"],
      problems: [],
    },
    {
      name: "finds the authority expired ten years later, and nothing else to say",
      change: () => {},
      request: { now: new Date(NOW.getTime() + 3654 * DAY_MS) },
      steps: [],
      problems: ["expired ca.crt"],
    },
    {
      name: "finds certificates and the kubeconfigs that hold them expired a year later",
      change: (files) => {
        for (const file of files.keys()) if (/^(node|kube|serv)/.test(file)) files.delete(file);
      },
      request: { now: new Date(NOW.getTime() + 366 * DAY_MS), inventory: NO_NODES },
      steps: ["kube-proxy.key", "kube-proxy.crt", "kube-proxy.kubeconfig"],
      problems: ["expired admin.crt", "expired admin.kubeconfig"],
    },
    {
      name: "names the nearest certificate for one that is unknown",
      change: () => {},
      request: { renew: new Set(["node0"]) },
      steps: [],
      problems: ["unknown-name"],
    },
    {
      name: "finds a kubeconfig that is not YAML",
      change: (files) => void files.set("admin.kubeconfig", "a: [\n"),
      steps: [],
      problems: ["bad-kubeconfig admin.kubeconfig"],
    },
    {
      name: "finds a certificate cut short",
      change: (files) => void files.set("admin.crt", (files.get("admin.crt") ?? "").slice(0, 300)),
      steps: [],
      problems: ["bad-certificate admin.crt"],
    },
  ];
  test.each(rows)("$name", async (row) => {
    const files = new Map(await good());
    row.change(files);
    const plan = planPki(files, request(row.request));
    expect(plan.steps.map(stepFile)).toEqual(row.steps);
    expect(
      plan.problems.map(({ code, locations }) => `${code} ${locations[0]?.file ?? ""}`.trim()),
    ).toEqual(row.problems);
    for (const problem of plan.problems) expect(problem.fix).toBeString();
  });

  let cached: Map<string, string> | undefined;
  async function good(): Promise<Map<string, string>> {
    if (cached === undefined) {
      await withDirectory(async (directory) => {
        await ensurePki(directory, request());
        cached = await read(directory);
      });
    }
    return cached ?? new Map();
  }
});

describe("verifyCertificate()", () => {
  const [, spec] = certificateSpecs(INVENTORY);
  if (spec === undefined) throw new Error("no spec of node-0");
  const goodNode: CertificateSpec = spec;
  const rows: {
    name: string;
    issue: Partial<CertificateSpec> & { notBefore?: Date; notAfter?: Date };
    by?: "another";
    want: [code: string, severity: string][];
  }[] = [
    { name: "accepts a good one", issue: {}, want: [] },
    {
      name: "finds an expired one",
      issue: { notAfter: new Date(NOW.getTime() - 1) },
      want: [["expired", "error"]],
    },
    {
      name: "warns of one that expires in 29 days",
      issue: { notAfter: new Date(NOW.getTime() + 29.5 * DAY_MS) },
      want: [["expires-soon", "warning"]],
    },
    {
      name: "finds one that is not valid yet",
      issue: { notBefore: new Date(NOW.getTime() + DAY_MS) },
      want: [["not-yet-valid", "error"]],
    },
    {
      name: "finds another authority",
      issue: {},
      by: "another",
      want: [["unknown-authority", "error"]],
    },
    {
      name: "finds another common name",
      issue: { commonName: "node-0" },
      want: [["wrong-common-name", "error"]],
    },
    {
      name: "finds another organization",
      issue: { organization: "system:masters" },
      want: [["wrong-organization", "error"]],
    },
    {
      name: "finds a usage that is missing",
      issue: { usages: ["clientAuth"] },
      want: [["wrong-usage", "error"]],
    },
    {
      name: "finds the node's name missing",
      issue: { dnsNames: ["node-1"] },
      want: [["missing-name", "error"]],
    },
    {
      name: "warns where only the name and 127.0.0.1 are there, as in the origin's",
      issue: { dnsNames: ["node-0"], addresses: ["127.0.0.1"] },
      want: [["missing-name", "warning"]],
    },
    {
      name: "compares addresses as addresses",
      issue: { addresses: ["10.0.0.10", "fd00:0:0::0010", "127.0.0.1"] },
      want: [],
    },
    {
      name: "takes a wildcard for the domain name",
      issue: { dnsNames: ["NODE-0", "*.kubernetes.local"] },
      want: [],
    },
  ];
  test.each(rows)("$name", async ({ issue, by, want }) => {
    const authority = await TestAuthority.create("CA", { now: NOW, days: 400 });
    const signer =
      by === "another" ? await TestAuthority.create("CA", { now: NOW, days: 400 }) : authority;
    const pair = await signer.issue({
      ...goodNode,
      notBefore: new Date(NOW.getTime() - DAY_MS),
      notAfter: new Date(NOW.getTime() + 365 * DAY_MS),
      ...issue,
    });
    const problems = verifyCertificate(
      {
        certificate: pair.cert,
        key: pair.key.reveal(),
        certificateFile: "node-0.crt",
        keyFile: "node-0.key",
      },
      goodNode,
      { authority: authority.certificate, now: NOW },
    );
    expect(problems.map(({ code, severity }) => [code, severity])).toEqual(want);
    for (const problem of problems) expect(problem.node).toBe("node-0");
  });
});

describe("verifyKubeconfig()", () => {
  test("finds an expired certificate, another authority and a key of another", async () => {
    const authority = await TestAuthority.create("CA", { now: NOW, days: 400 });
    const pair = await authority.issue({
      commonName: "admin",
      notBefore: new Date(NOW.getTime() - 2 * DAY_MS),
      notAfter: new Date(NOW.getTime() - DAY_MS),
    });
    const other = await authority.issue({ commonName: "x" });
    const text = renderKubeconfig({
      server: "https://a:6443",
      authority: authority.certificate,
      user: "admin",
      certificate: pair.cert,
      key: other.key.reveal(),
    });
    const problems = verifyKubeconfig(
      text,
      { name: "admin", user: "admin" },
      {
        authority: (await TestAuthority.create()).certificate,
        certificate: pair.cert,
        commonName: "admin",
        server: "https://b:6443",
        now: NOW,
      },
    );
    expect(problems.map((problem) => problem.code)).toEqual([
      "other-server",
      "other-authority",
      "expired",
      "key-mismatch",
    ]);
    expect(JSON.stringify(problems)).not.toContain("PRIVATE");
  });
});

describe("inspectCertificate()", () => {
  test.each([
    { name: "an empty text", pem: "", error: "it is not a certificate in PEM form" },
    {
      name: "a key",
      pem: "-----BEGIN PRIVATE KEY-----",
      error: "it is not a certificate in PEM form",
    },
    {
      name: "rubbish in a PEM",
      pem: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      error: "its contents cannot be decoded",
    },
  ])("refuses $name", ({ pem, error }) => {
    expect(inspectCertificate(pem)).toEqual({ ok: false, error });
    expect(keyMatches(pem, pem)).toBe(false);
    expect(isIssuedBy(pem, pem)).toBe(false);
  });

  test("reads names with commas, equals signs and letters of other alphabets", async () => {
    const authority = await TestAuthority.create();
    const commonName = "a, b=c 노드";
    const { cert } = await authority.issue({ commonName, organization: "x+y" });
    expect(inspectCertificate(cert)).toMatchObject({
      ok: true,
      value: { commonName, organizations: ["x+y"] },
    });
  });
});
