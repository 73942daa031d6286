import { describe, expect, test } from "bun:test";
import type { CertificateSigningRequest } from "../client/mod.ts";
import { createKey, createSigningRequest, type RequestedSubject } from "../pki/mod.ts";
import { judgeServingRequest } from "./judge-serving.ts";

const NODE = { name: "n1", dnsNames: ["n1.example"], addresses: ["10.0.0.1", "fd00:0::1"] };

type Spec = NonNullable<CertificateSigningRequest["spec"]>;

async function encoded(subject: Partial<RequestedSubject>): Promise<string> {
  const whole = {
    commonName: "system:node:n1",
    organizations: ["system:nodes"],
    addresses: ["10.0.0.1"],
    ...subject,
  };
  return Buffer.from(await createSigningRequest(whole, await createKey())).toString("base64");
}

/** The request with one byte of its signature changed. */
async function damaged(): Promise<string> {
  const [head, ...lines] = Buffer.from(await encoded({}), "base64")
    .toString()
    .trim()
    .split("\n");
  const foot = lines.pop();
  const der = Buffer.from(lines.join(""), "base64");
  der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
  return Buffer.from([head, der.toString("base64"), foot, ""].join("\n")).toString("base64");
}

describe("judgeServingRequest()", () => {
  const rows: {
    name: string;
    spec?: Partial<Spec>;
    subject?: Partial<RequestedSubject>;
    status?: CertificateSigningRequest["status"];
    want: "approve" | "ignore" | RegExp;
  }[] = [
    { name: "its address", want: "approve" },
    {
      name: "all that it is called",
      subject: { dnsNames: ["n1", "n1.example"], addresses: ["10.0.0.1", "fd00::1"] },
      want: "approve",
    },
    {
      name: "the usages of an RSA key",
      spec: { usages: ["digital signature", "key encipherment", "server auth"] },
      want: "approve",
    },
    { name: "another node's", spec: { username: "system:node:n2" }, want: "ignore" },
    { name: "an administrator's, in its name", spec: { username: "admin" }, want: "ignore" },
    { name: "a bootstrapper's", spec: { username: "system:bootstrap:abcdef" }, want: "ignore" },
    {
      name: "a client certificate",
      spec: { signerName: "kubernetes.io/kube-apiserver-client-kubelet" },
      want: "ignore",
    },
    { name: "another signer", spec: { signerName: "example.org/serving" }, want: "ignore" },
    ...["Approved", "Denied", "Failed"].map((type) => ({
      name: `one that is ${type}`,
      status: { conditions: [{ type, status: "True" as const }] },
      want: "ignore" as const,
    })),
    { name: "one that is issued", status: { certificate: "x" }, want: "ignore" },
    { name: "no group of nodes", spec: { groups: ["system:authenticated"] }, want: /group/ },
    {
      name: "another node's name in it",
      subject: { commonName: "system:node:n2" },
      want: /is for "system:node:n2" instead/,
    },
    {
      name: "more rights",
      subject: { organizations: ["system:nodes", "system:masters"] },
      want: /organization/,
    },
    {
      name: "a foreign address",
      subject: { addresses: ["10.0.0.1", "10.0.0.2"] },
      want: /\["10\.0\.0\.2"\]/,
    },
    { name: "a foreign name", subject: { dnsNames: ["kubernetes"] }, want: /\["kubernetes"\]/ },
    { name: "a wildcard", subject: { dnsNames: ["*.example"] }, want: /\["\*\.example"\]/ },
    {
      name: "a name that would write on a terminal",
      subject: { dnsNames: ["\u001b[2Jn1"] },
      want: /\\u001b/,
    },
    { name: "no name at all", subject: { addresses: [] }, want: /subjectAltName is required/ },
    {
      name: "a client's usage as well",
      spec: { usages: ["digital signature", "server auth", "client auth"] },
      want: /usages/,
    },
    { name: "no usages", spec: { usages: [] }, want: /usages/ },
    { name: "garbage", spec: { request: "eHl6" }, want: /PEM/ },
    { name: "nothing", spec: { request: "" }, want: /PEM/ },
  ];
  test.each(rows)("$name: $want", async ({ spec, subject, status, want }) => {
    const csr: CertificateSigningRequest = {
      metadata: { name: "csr-1" },
      spec: {
        signerName: "kubernetes.io/kubelet-serving",
        username: "system:node:n1",
        groups: ["system:nodes", "system:authenticated"],
        usages: ["digital signature", "server auth"],
        request: await encoded(subject ?? {}),
        ...spec,
      },
      ...(status === undefined ? {} : { status }),
    };
    const verdict = await judgeServingRequest(csr, NODE);
    if (typeof want === "string") expect(verdict).toEqual({ kind: want });
    else expect(verdict).toEqual({ kind: "refuse", why: expect.stringMatching(want) });
  });

  test("refuses a request that is not signed with its own key", async () => {
    const spec = {
      signerName: "kubernetes.io/kubelet-serving",
      username: "system:node:n1",
      groups: ["system:nodes"],
      usages: ["digital signature", "server auth"],
      request: await damaged(),
    };
    expect(await judgeServingRequest({ metadata: { name: "c" }, spec }, NODE)).toEqual({
      kind: "refuse",
      why: "it is not signed with its own key",
    });
  });
});
