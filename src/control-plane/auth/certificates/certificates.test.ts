import { describe, expect, test } from "bun:test";
import { signerProblem } from "../../../kube/certificate-requests/mod.ts";
import {
  createKey,
  createSigningRequest,
  isSignedByItsKey,
  type RequestedSubject,
  readRequest,
} from "../../../kube/pki/mod.ts";
import { RbacAuthorizer, ruleOf } from "../rbac/mod.ts";
import type { StoredKinds } from "../request/mod.ts";
import { MemoryObjects } from "../testing/mod.ts";
import { planRequest } from "./mod.ts";

type Csr = StoredKinds["certificatesigningrequests"];

const objects = new MemoryObjects({
  nodes: [
    {
      metadata: { name: "n1" },
      status: {
        addresses: [
          { type: "InternalIP", address: "10.0.0.1" },
          { type: "Hostname", address: "n1.example" },
        ],
      },
    },
  ],
  clusterroles: [
    {
      metadata: { name: "renew" },
      rules: [ruleOf("create certificates.k8s.io certificatesigningrequests/selfnodeclient")],
    },
    {
      metadata: { name: "join" },
      rules: [ruleOf("create certificates.k8s.io certificatesigningrequests/nodeclient")],
    },
  ],
  clusterrolebindings: [
    ["renew", "system:nodes"],
    ["join", "system:bootstrappers"],
  ].map(([name = "", group = ""]) => ({
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
    subjects: [{ kind: "Group", name: group }],
  })),
});
const deps = { objects, authorizer: new RbacAuthorizer(objects) };

async function encoded(subject: Partial<RequestedSubject> = {}): Promise<string> {
  const whole = { commonName: "system:node:n1", organizations: ["system:nodes"], ...subject };
  return Buffer.from(await createSigningRequest(whole, await createKey())).toString("base64");
}

const CLIENT = {
  signerName: "kubernetes.io/kube-apiserver-client-kubelet",
  usages: ["digital signature", "client auth"],
};
const SERVING = {
  signerName: "kubernetes.io/kubelet-serving",
  usages: ["digital signature", "server auth"],
};
const NODE = { username: "system:node:n1", groups: ["system:nodes"] };

async function plan(
  spec: Partial<NonNullable<Csr["spec"]>>,
  subject: Partial<RequestedSubject> = {},
  ...conditions: string[]
) {
  const step = planRequest(deps, {
    metadata: { name: "r" },
    spec: { ...CLIENT, ...NODE, request: await encoded(subject), ...spec },
    status: { conditions: conditions.map((type) => ({ type, status: "True" })) },
  });
  return step?.kind;
}

describe("planRequest()", () => {
  test.each<{
    name: string;
    spec?: Partial<NonNullable<Csr["spec"]>>;
    subject?: Partial<RequestedSubject>;
    conditions?: string[];
    want: string | undefined;
  }>([
    { name: "a node renews its own", want: "approve" },
    { name: "a node asks for another", subject: { commonName: "system:node:n2" }, want: undefined },
    {
      name: "a bootstrapper joins",
      spec: { username: "system:bootstrap:a", groups: ["system:bootstrappers"] },
      want: "approve",
    },
    { name: "somebody", spec: { username: "ann", groups: [] }, want: undefined },
    { name: "more than a node", subject: { organizations: ["system:masters"] }, want: undefined },
    { name: "no node's name", subject: { commonName: "admin" }, want: undefined },
    { name: "with names", subject: { dnsNames: ["n1"] }, want: undefined },
    { name: "with another usage", spec: { usages: ["server auth"] }, want: undefined },
    {
      name: "serving",
      spec: SERVING,
      subject: { addresses: ["10.0.0.1"], dnsNames: ["n1"] },
      want: "approve",
    },
    {
      name: "serving its host name",
      spec: SERVING,
      subject: { dnsNames: ["n1.example"] },
      want: "approve",
    },
    {
      name: "serving somebody's address",
      spec: SERVING,
      subject: { addresses: ["10.0.0.2"] },
      want: undefined,
    },
    {
      name: "serving somebody's name",
      spec: SERVING,
      subject: { dnsNames: ["kubernetes"] },
      want: undefined,
    },
    { name: "serving nothing", spec: SERVING, want: undefined },
    {
      name: "serving, asked by another",
      spec: { ...SERVING, username: "system:node:n2" },
      subject: { dnsNames: ["n1"] },
      want: undefined,
    },
    { name: "what is approved", conditions: ["Approved"], want: "sign" },
    {
      name: "what is approved and wrong",
      subject: { dnsNames: ["x"] },
      conditions: ["Approved"],
      want: "fail",
    },
    {
      name: "what is approved and unreadable",
      spec: { request: "x" },
      conditions: ["Approved"],
      want: "fail",
    },
    { name: "what is denied", conditions: ["Denied"], want: undefined },
    { name: "what has failed", conditions: ["Approved", "Failed"], want: undefined },
    {
      name: "another's signer",
      spec: { signerName: "example.org/x" },
      conditions: ["Approved"],
      want: undefined,
    },
    {
      name: "a person's, approved",
      spec: { signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"] },
      subject: { commonName: "ann", organizations: ["dev"] },
      conditions: ["Approved"],
      want: "sign",
    },
    {
      name: "a person's",
      spec: { signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"] },
      subject: { commonName: "ann", organizations: ["dev"] },
      want: undefined,
    },
  ])("$name: $want", async ({ spec = {}, subject = {}, conditions = [], want }) => {
    expect(await plan(spec, subject, ...conditions)).toBe(want as "sign" | undefined);
  });
});

describe("readRequest()", () => {
  test("reads names and addresses, and whose key it is", async () => {
    const subject = { dnsNames: ["n1"], addresses: ["10.0.0.1", "fd00::1"] };
    const parsed = readRequest(await encoded(subject));
    expect(parsed).toMatchObject({ ok: true, value: { commonName: "system:node:n1", ...subject } });
    if (parsed.ok) expect(await isSignedByItsKey(parsed.value)).toBe(true);
  });
  test("nothing that a fuzzer makes of a request throws, or is signed and says something else", async () => {
    const good = Buffer.from(await encoded(), "base64").toString();
    const [head = "", ...rest] = good.trim().split("\n");
    const foot = rest.pop() ?? "";
    const der = Buffer.from(rest.join(""), "base64");
    for (let at = 0; at < der.length; at += 1) {
      const bytes = Buffer.from(der);
      bytes[at] = (bytes[at] ?? 0) ^ 0x55;
      const pem = `${head}\n${bytes.toString("base64")}\n${foot}\n`;
      const parsed = readRequest(Buffer.from(pem).toString("base64"));
      // The length around all of it is not signed.
      if (parsed.ok && at > 2) expect(await isSignedByItsKey(parsed.value)).toBe(false);
    }
    for (const text of ["", "x", "\u0000", head, `${head}\n${foot}`]) {
      expect(readRequest(Buffer.from(text).toString("base64")).ok).toBe(false);
    }
  });
});

test("signerProblem() names what is wrong", async () => {
  const parsed = readRequest(await encoded());
  if (!parsed.ok) throw new Error(parsed.error);
  const request = parsed.value;
  expect(signerProblem({ ...CLIENT, request })).toBeUndefined();
  expect(
    signerProblem({ ...CLIENT, usages: [...CLIENT.usages, "key encipherment"], request }),
  ).toBe(undefined);
  expect(signerProblem({ ...CLIENT, usages: ["client auth"], request })).toBe(
    "usages did not match [digital signature key encipherment client auth]",
  );
  expect(signerProblem({ ...SERVING, request })).toBe("DNS or IP subjectAltName is required");
  expect(signerProblem({ signerName: "x/y", usages: [], request })).toBe("unknown");
});
