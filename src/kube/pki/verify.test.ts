import { describe, expect, test } from "bun:test";
import { TestAuthority } from "../testing/mod.ts";
import {
  type CertificateSpec,
  certificateSpecs,
  renderKubeconfig,
  verifyCertificate,
  verifyKubeconfig,
} from "./mod.ts";
import { DAY_MS, INVENTORY, NOW } from "./testing/cluster-directory.ts";

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
